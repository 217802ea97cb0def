package store

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/parley-im/parley/im"
)

// The first byte of every key names its table. LAYOUT.md draws what follows.
const (
	tableCarry    byte = 'c' // entries kept for replay only
	tableDedup    byte = 'd'
	tableEvent    byte = 'e'
	tableGrave    byte = 'g' // deleted addresses
	tableHead     byte = 'h'
	tableIndex    byte = 'i' // which records have a field
	tableMeta     byte = 'm'
	tableCount    byte = 'n' // number of records
	tableOwed     byte = 'o'
	tablePartial  byte = 'p'
	tableRecord   byte = 'r' // public records
	tableSnapshot byte = 's'
)

const (
	bucketBytes = 8 // start of the bucket or window in ms, big endian
	shardBytes  = 2
	seqBytes    = 8
	partBytes   = 2

	// MaxShard is the highest shard number that the key layout can hold.
	MaxShard = 1<<16 - 2
)

func appendShard(dst []byte, s im.ShardID) []byte {
	return binary.BigEndian.AppendUint16(dst, uint16(s))
}

// appendBucket appends table | class | bucket, the prefix of everything that expires together.
func appendBucket(dst []byte, table byte, c Class, bucket im.Millis) []byte {
	dst = append(dst, table, byte(c))
	return binary.BigEndian.AppendUint64(dst, uint64(bucket))
}

// eventPrefix appends table | class | bucket | shard | address: the entries of one address in one bucket.
func eventPrefix(dst []byte, bucket im.Millis, s im.ShardID, a im.Address) []byte {
	dst = appendBucket(dst, tableEvent, ClassOf(a), bucket)
	return a.AppendKey(appendShard(dst, s))
}

func eventKey(dst []byte, bucket im.Millis, s im.ShardID, a im.Address, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(eventPrefix(dst, bucket, s, a), seq)
}

// carryKey is the key of an entry that is kept for replay only.
func carryKey(dst []byte, s im.ShardID, a im.Address, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(addressKey(dst, tableCarry, s, a), seq)
}

// graveKey is the key that a deleted address has in the bucket of its last entry.
func graveKey(dst []byte, bucket im.Millis, s im.ShardID, a im.Address) []byte {
	dst = appendBucket(dst, tableGrave, ClassOf(a), bucket)
	return a.AppendKey(appendShard(dst, s))
}

func dedupKey(dst []byte, window im.Millis, s im.ShardID, a im.Address, id string) []byte {
	dst = appendBucket(dst, tableDedup, ClassOf(a), window)
	dst = a.AppendKey(appendShard(dst, s))
	return append(dst, id...)
}

// addressKey appends table | shard | address, for the tables with one value per address.
func addressKey(dst []byte, table byte, s im.ShardID, a im.Address) []byte {
	return a.AppendKey(appendShard(append(dst, table), s))
}

func snapshotKey(dst []byte, s im.ShardID, a im.Address, seq uint64, part int) []byte {
	dst = addressKey(dst, tableSnapshot, s, a)
	dst = binary.BigEndian.AppendUint64(dst, seq)
	return binary.BigEndian.AppendUint16(dst, uint16(part))
}

// shardKey returns table | shard; the keys of a shard in such a table are [shardKey(s), shardKey(s+1)).
func shardKey(table byte, s im.ShardID) []byte { return appendShard([]byte{table}, s) }

func metaKey(s im.ShardID) []byte { return shardKey(tableMeta, s) }

// bucketOf reads the bucket, or the window, of a key of an entry, an id or a grave.
func bucketOf(key []byte) (im.Millis, bool) {
	if len(key) < 2+bucketBytes {
		return 0, false
	}
	return im.Millis(binary.BigEndian.Uint64(key[2:])), true
}

// ownedBy reports whether key belongs to shard s: the check on every key that comes in a snapshot stream. One of a class that
// this program does not know belongs to nobody: Save would leave it out, and clear would leave it there.
func ownedBy(key []byte, s im.ShardID) bool {
	if len(key) == 0 {
		return false
	}
	at := 1
	switch key[0] {
	case tableEvent, tableDedup, tableGrave:
		if len(key) < 2 || !slices.Contains(classes[:], Class(key[1])) {
			return false
		}
		at = 2 + bucketBytes
	case tableMeta:
		return bytes.Equal(key, metaKey(s))
	case tableCarry, tableCount, tableHead, tableIndex, tableOwed, tablePartial, tableRecord, tableSnapshot:
	default:
		return false
	}
	return len(key) >= at+shardBytes && bytes.Equal(key[at:at+shardBytes], appendShard(nil, s))
}

// after returns the first key that has not the prefix p. p holds a byte below 0xff.
func after(p []byte) []byte {
	end := bytes.Clone(p)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] != 0xff {
			end[i]++
			return end[:i+1]
		}
	}
	return nil
}
