package store

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/alloctest"
)

// FuzzRecords: no value on disk, however broken, makes a decoder panic; it is errCorrupt, or decodes to what encodes to the
// same meaning.
func FuzzRecords(f *testing.F) {
	f.Add(appendEvent(nil, 5, 3, &entry{flags: flagOwes, n: 1, ts: 2, id: []byte("id"), body: []byte("body")}))
	f.Add(appendHead(nil, &head{Head: im.Head{Seq: 1, N: 2, TS: 3, SnapSeq: 4, SnapTS: 5}, firstTS: 6, snapParts: 7, gone: true, carriedFirst: 1, carriedLast: 2}))
	f.Add(appendStoredAt(nil, im.StoredAt{Seq: 1, N: 2, TS: 3}))
	f.Add(appendOwed(nil, im.Owed{First: 1, Last: 300}))
	f.Add(appendPartial(nil, partial{seq: 1, next: 2}))
	f.Add(appendMeta(nil, meta{applied: 1, ord: 1 << 63, marks: [len(classes)]Marks{{}, {Sealed: 3, Watermark: 2}, {Sealed: 1}}}))
	f.Add(encodePart([]byte("data")))
	f.Add(appendCount(nil, 300))
	f.Add(appendPublic(nil, &public{ts: 1, fields: []field{{im.StringField, []byte("a"), []byte("x")}, {im.NumberField, []byte("b"), []byte("1e5")}}, body: []byte("{}")}))
	f.Add([]byte{recordVersion, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1, 1, 0xff, 0xff, 0x7f})
	f.Add([]byte{recordVersion + 1, 0})
	f.Fuzz(func(t *testing.T, v []byte) {
		alloctest.AtMost(t, 64<<10+32*len(v), "a record", func() { decodeAll(t, v) })
	})
}

// decodeAll takes v for each kind of record.
func decodeAll(t *testing.T, v []byte) {
	t.Helper()
	again(t, v, decodeEvent, func(e event) []byte {
		flags := byte(0)
		if e.Owes {
			flags = flagOwes
		}
		return appendEvent(nil, e.ord, e.n, &entry{flags: flags, n: e.N, ts: e.TS, id: []byte(e.ID), body: e.Body})
	})
	again(t, v, decodeHead, func(h head) []byte { return appendHead(nil, &h) })
	again(t, v, decodeStoredAt, func(x im.StoredAt) []byte { return appendStoredAt(nil, x) })
	again(t, v, decodeOwed, func(x im.Owed) []byte { return appendOwed(nil, x) })
	again(t, v, decodePartial, func(x partial) []byte { return appendPartial(nil, x) })
	again(t, v, decodeMeta, func(x meta) []byte { return appendMeta(nil, x) })
	again(t, v, decodePart, encodePart)
	again(t, v, decodeCount, func(n uint64) []byte { return appendCount(nil, n) })
	again(t, v, func(v []byte) (public, error) {
		var p public
		if err := decodePublic(v, &p); err != nil {
			return public{}, err
		}
		return p, nil
	}, func(p public) []byte { return appendPublic(nil, &p) })
}

func again[T any](t *testing.T, v []byte, decode func([]byte) (T, error), encode func(T) []byte) {
	t.Helper()
	x, err := decode(v)
	if err != nil {
		if !errors.Is(err, errCorrupt) {
			t.Errorf("%x: %v", v, err)
		}
		return
	}
	if y, err := decode(encode(x)); err != nil || !reflect.DeepEqual(x, y) {
		t.Fatalf("%x decodes to %+v, and that to %+v, %v", v, x, y, err)
	}
}

// FuzzKeys: keys belong to their shard and to no other, lie within the range that their prefix begins, sort by bucket and by
// seq, and give their address and bucket back.
func FuzzKeys(f *testing.F) {
	f.Add("app", uint8(im.KindUser), "tom", int64(1)<<41, uint16(1), uint64(7), "id")
	f.Add("app", uint8(im.KindDialog), "stranger:a:b", int64(1)<<41, uint16(2), uint64(1), "id")
	f.Add("parley", uint8(im.KindCluster), "apps", int64(0), uint16(0), uint64(0), "")
	f.Add("a", uint8(im.KindDialog), "\xff\xff", int64(-1), uint16(0xffff), ^uint64(0), "\xff")
	f.Fuzz(func(t *testing.T, app string, kind uint8, id string, ts int64, shard uint16, seq uint64, msg string) {
		a := im.Address{App: im.AppID(app), Kind: im.Kind(kind), ID: id}
		if !a.Valid() {
			return
		}
		s, bucket := im.ShardID(shard), startOf(ClassOf(a), im.Millis(ts), testBucket)
		event := eventKey(nil, bucket, s, a, seq)
		for _, key := range [][]byte{
			event, dedupKey(nil, bucket, s, a, msg), graveKey(nil, bucket, s, a), carryKey(nil, s, a, seq), addressKey(nil, tableHead, s, a), addressKey(nil, tableOwed, s, a), addressKey(nil, tablePartial, s, a),
			snapshotKey(nil, s, a, seq, 3), metaKey(s), addressKey(nil, tableRecord, s, a), countKey(nil, s, a.App, a.Kind),
			indexKey(nil, s, a, &field{name: []byte("name"), text: []byte(msg)}),
		} {
			if !ownedBy(key, s) || ownedBy(key, s+1) {
				t.Errorf("%x is not of shard %d alone", key, s)
			}
		}
		prefix := eventPrefix(nil, bucket, s, a)
		cut, rest, ok := im.CutKey(event[2+bucketBytes+shardBytes:])
		got, okBucket := bucketOf(event)
		if !bytes.HasPrefix(event, prefix) || bytes.Compare(event, after(prefix)) >= 0 || !ok || cut != a || len(rest) != seqBytes || !okBucket || got != bucket {
			t.Errorf("%x: address %v, bucket %d, want %v, %d", event, cut, got, a, bucket)
		}
		if seq+1 > seq && bytes.Compare(event, eventKey(nil, bucket, s, a, seq+1)) >= 0 || bytes.Compare(event, eventKey(nil, bucket+testBucket, s, a, 0)) >= 0 {
			t.Errorf("%x does not lie before the next", event)
		}
	})
}
