package store

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"github.com/parley-im/parley/im"
)

const (
	// maxIndexText is the longest text that stands whole in a key of the index, in bytes. Of a longer one the key has the
	// first cutText bytes and a hash of all, so that it stays well below maxStreamKey.
	maxIndexText = 256
	cutText      = maxIndexText - sha256.Size
	// longText stands where the length of a text would, if the text is cut.
	longText = 0xffff
)

// validName reports whether name can be the name of a field.
func validName(name string) bool {
	return name != "" && len(name) <= im.MaxAttributeName && strings.IndexByte(name, 0) < 0
}

// kindPrefix appends table | shard | app | 0x00 | kind: what a shard has of one app and kind.
func kindPrefix(dst []byte, table byte, s im.ShardID, app im.AppID, k im.Kind) []byte {
	dst = append(appendShard(append(dst, table), s), app...)
	return append(dst, 0, byte(k))
}

// indexPrefix appends the prefix of the index keys of all records that have a field of that name and text.
func indexPrefix[T ~string | ~[]byte](dst []byte, s im.ShardID, app im.AppID, k im.Kind, name, text T) []byte {
	dst = append(kindPrefix(dst, tableIndex, s, app, k), name...)
	dst = append(dst, 0)
	if !isLong(text) {
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(text)))
		return append(dst, text...)
	}
	sum := sha256.Sum256([]byte(text))
	dst = binary.BigEndian.AppendUint16(dst, longText)
	return append(append(dst, text[:cutText]...), sum[:]...)
}

// isLong reports whether an index key does not hold the text whole, so that it has to be compared with the record's.
func isLong[T ~string | ~[]byte](text T) bool { return len(text) > maxIndexText }

func indexKey(dst []byte, s im.ShardID, a im.Address, f *field) []byte {
	return append(indexPrefix(dst, s, a.App, a.Kind, f.name, f.text), a.ID...)
}

// indexValue is the value of every index key: all that there is to say is in the key.
var indexValue = []byte{recordVersion}

// countKey is the key of the number of records that a shard has of one app and kind.
func countKey(dst []byte, s im.ShardID, app im.AppID, k im.Kind) []byte {
	return kindPrefix(dst, tableCount, s, app, k)
}

func appendCount(dst []byte, n uint64) []byte {
	return binary.AppendUvarint(append(dst, recordVersion), n)
}

func decodeCount(v []byte) (uint64, error) {
	r := reader{b: v}
	r.version()
	n := r.uvarint()
	if !r.done() {
		return 0, errCorrupt
	}
	return n, nil
}
