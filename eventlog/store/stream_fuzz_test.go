package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"github.com/parley-im/parley/internal/alloctest"
)

// seedStreams are what a shard saves, and what nobody does.
func seedStreams(f *testing.F) [][]byte {
	f.Helper()
	sh := newReplica(f).Shard
	for i, c := range seedCommands() {
		if !otherVersion(c) {
			update(f, sh, uint64(i+1), c)
		}
	}
	v := sh.View()
	var b bytes.Buffer
	if err := errors.Join(v.Save(&b, nil), v.Close()); err != nil {
		f.Fatal(err)
	}
	whole := b.Bytes()
	a := user(1, 0)
	return [][]byte{
		whole, whole[:len(whole)-8], whole[:len(whole)/2], append(bytes.Clone(whole), "more"...),
		{},
		[]byte("PSS"), []byte("PSS\x01"), []byte("PSS\x02"),
		streamOf(metaKey(1), appendMeta(nil, meta{applied: 7})),
		streamOf(eventKey(nil, 0, 1, a, 1), []byte("expired"), metaKey(1), appendMeta(nil, meta{applied: 7, marks: [len(classes)]Marks{{}, {2 * testBucket, testBucket}, {}}})),
		streamOf(metaKey(1), []byte{9}), streamOf(metaKey(2), appendMeta(nil, meta{})), streamOf(metaKey(1), nil, addressKey(nil, tableHead, 1, a), nil),
		streamOf(append(metaKey(1), 1), appendMeta(nil, meta{})),
		streamOf([]byte{tableEvent, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, []byte("x"), metaKey(1), appendMeta(nil, meta{})),
		streamOf([]byte{tableHead, 0, 1, 1, 0}, []byte("no head"), metaKey(1), appendMeta(nil, meta{applied: 1})),
		append([]byte("PSS\x01"), 0, 0, 4, 0, 0, 0x80, 0, 0, 'e'), append([]byte("PSS\x01"), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		append([]byte("PSS\x01"), 0, 0, 0, 0, 0, 0, 0, 1, 1),
	}
}

// streamOf writes a stream of keys and values.
func streamOf(keysAndValues ...[]byte) []byte {
	b := bytes.NewBuffer(streamMagic[:len(streamMagic):len(streamMagic)])
	for i := 0; i < len(keysAndValues); i += 2 {
		_ = writeRecord(b, keysAndValues[i], keysAndValues[i+1]) // a buffer takes everything
	}
	b.Write(make([]byte, 8))
	return b.Bytes()
}

// FuzzStream: a stream is cut into records that write it again; reading it allocates for what has come, not for what a record
// claims. Allocating a claimed length at once fails on a seed.
func FuzzStream(f *testing.F) {
	for _, s := range seedStreams(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		stream = bytes.TrimPrefix(stream, streamMagic[:])
		var out bytes.Buffer
		out.Grow(len(stream))
		alloctest.AtMost(t, 2*readAhead+16*len(stream), "a stream", func() { copyRecords(t, &out, bytes.NewReader(stream)) })
		if !bytes.HasPrefix(stream, out.Bytes()) {
			t.Errorf("%x was read from %x", out.Bytes(), stream)
		}
	})
}

// copyRecords reads in to its end, and writes what it reads to out.
func copyRecords(t *testing.T, out *bytes.Buffer, in io.Reader) {
	t.Helper()
	for {
		key, val, err := readRecord(in)
		if err != nil || key == nil {
			checkStreamError(t, err)
			return
		}
		if err := writeRecord(out, key, val); err != nil {
			t.Fatal(err)
		}
	}
}

func checkStreamError(t *testing.T, err error) {
	t.Helper()
	for _, known := range []error{nil, errStream, errCorrupt, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, known) {
			return
		}
	}
	t.Errorf("%v is no error of a stream", err)
}

// FuzzShard_Recover: a stream that Save has not written is an error, and the shard then counts as empty. One that is taken is
// taken whole: Save writes the same records again, and nobody else's.
func FuzzShard_Recover(f *testing.F) {
	for _, s := range seedStreams(f) {
		f.Add(s)
	}
	sh := newReplica(f).Shard
	f.Fuzz(func(t *testing.T, stream []byte) {
		err := sh.Recover(bytes.NewReader(stream), nil)
		checkStreamError(t, err)
		applied, aerr := sh.s.Applied(1)
		if aerr != nil || err != nil && applied != 0 {
			t.Fatalf("recover: %v, applied %d, %v", err, applied, aerr)
		}
		if err != nil {
			return
		}
		want, got := records(t, stream), records(t, saved(t, sh))
		for key := range want {
			if b, ok := bucketOf([]byte(key)); ok && (key[0] == tableEvent || key[0] == tableDedup) &&
				b < sh.s.firstOf(key[0], Class(key[1]), sh.meta.marks[key[1]].Watermark) {
				delete(want, key) // nobody reads it
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d records came, %d are there", len(want), len(got))
		}
		for key, val := range want {
			if got[key] != val {
				t.Errorf("%x is %x, want %x", key, got[key], val)
			}
		}
		if _, err := sh.Update([]Committed{{applied + 1, seedCommands()[9]}}); err != nil {
			checkStreamError(t, err) // a record that is no head stops the shard, in good order
		}
	})
}

func saved(t *testing.T, sh *Shard) []byte {
	t.Helper()
	v := sh.View()
	var b bytes.Buffer
	if err := errors.Join(v.Save(&b, nil), v.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// records returns what a whole stream says, by key: of equal keys the last counts.
func records(t *testing.T, stream []byte) map[string]string {
	t.Helper()
	all, b := map[string]string{}, stream[len(streamMagic):]
	for {
		kl, vl := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
		if kl+vl == 0 {
			return all
		}
		all[string(b[8:8+kl])] = string(b[8+kl : 8+kl+vl])
		b = b[8+kl+vl:]
	}
}
