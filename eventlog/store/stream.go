package store

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// ErrStopped is returned by Save and Recover when their stop channel was closed.
var ErrStopped = errors.New("store: stopped")

// errStream is returned for a stream that Save has not written.
var errStream = errors.New("store: malformed snapshot stream")

// streamMagic begins a stream: three letters and the version of the form.
var streamMagic = [4]byte{'P', 'S', 'S', 1}

const (
	maxStreamKey   = 1 << 10
	maxStreamValue = 8 << 20
	// streamBatch bytes are committed at once while a stream is loaded.
	streamBatch = 4 << 20
	// stopEvery so many keys the stop channel is looked at.
	stopEvery = 1024
)

// View is a shard as of one moment, to be saved while the shard goes on.
type View struct {
	s    *Store
	id   im.ShardID
	snap *pebble.Snapshot
}

// View takes the present moment of the shard. The caller closes it.
func (sh *Shard) View() *View { return &View{s: sh.s, id: sh.id, snap: sh.s.db.NewSnapshot()} }

// Close releases what the view keeps from being reclaimed.
func (v *View) Close() error { return v.snap.Close() }

// Save writes the whole shard to w, its meta key last, so that whatever loads it knows when it is complete.
func (v *View) Save(w io.Writer, stop <-chan struct{}) error {
	bw := bufio.NewWriterSize(w, 256<<10)
	if _, err := bw.Write(streamMagic[:]); err != nil {
		return err
	}
	err := v.s.eachRange(v.snap, v.id, func(lo, hi []byte) error { return v.saveRange(bw, lo, hi, stop) })
	if err != nil {
		return err
	}
	if _, err := bw.Write(make([]byte, 8)); err != nil {
		return err
	}
	return bw.Flush()
}

func (v *View) saveRange(w io.Writer, lo, hi []byte, stop <-chan struct{}) (err error) {
	it, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	n := 0
	for it.First(); it.Valid(); it.Next() {
		val, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		if err := writeRecord(w, it.Key(), val); err != nil {
			return err
		}
		if n++; n%stopEvery == 0 && stopped(stop) {
			return ErrStopped
		}
	}
	return it.Error()
}

func writeRecord(w io.Writer, key, val []byte) error {
	var hdr [8]byte
	binary.BigEndian.PutUint32(hdr[:], uint32(len(key)))
	binary.BigEndian.PutUint32(hdr[4:], uint32(len(val)))
	_, err := w.Write(hdr[:])
	if err == nil {
		_, err = w.Write(key)
	}
	if err == nil {
		_, err = w.Write(val)
	}
	return err
}

func stopped(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

// eachRange calls visit with every range of keys of a shard, that of its meta key last.
func (s *Store) eachRange(r pebble.Reader, id im.ShardID, visit func(lo, hi []byte) error) error {
	for _, table := range []byte{tableEvent, tableDedup} {
		for _, c := range classes {
			if err := eachBucket(r, table, c, id, visit); err != nil {
				return err
			}
		}
	}
	for _, table := range []byte{
		tableHead, tableSnapshot, tablePartial, tableOwed, tableRecord, tableIndex, tableCarry, tableMeta,
	} {
		p := shardKey(table, id)
		if err := visit(p, after(p)); err != nil {
			return err
		}
	}
	return nil
}

func eachBucket(r pebble.Reader, table byte, c class, id im.ShardID, visit func(lo, hi []byte) error) (err error) {
	prefix := []byte{table, byte(c)}
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for it.First(); it.Valid(); {
		b, ok := bucketOf(it.Key())
		if !ok {
			return errCorrupt
		}
		bucket := appendBucket(nil, table, c, b)
		lo := appendShard(bucket, id)
		if err := visit(lo, after(lo)); err != nil {
			return err
		}
		it.SeekGE(after(bucket))
	}
	return it.Error()
}

// Recover replaces the whole shard by what Save wrote. A crash or an error in the middle leaves a shard that holds
// nothing by its own account (applied index 0), never a mixture that passes for whole.
func (sh *Shard) Recover(r io.Reader, stop <-chan struct{}) error {
	sh.forget()
	if err := sh.clear(); err != nil {
		return err
	}
	br := bufio.NewReaderSize(r, 256<<10)
	var magic [4]byte
	if _, err := io.ReadFull(br, magic[:]); err != nil {
		return err
	}
	if magic != streamMagic {
		return fmt.Errorf("%w: it begins with %x", errStream, magic)
	}
	if err := sh.loadStream(br, stop); err != nil {
		return err
	}
	if _, err := sh.Load(); err != nil {
		return err
	}
	return sh.Sync()
}

// clear deletes the shard: the meta key first, durably, so that a crash in the middle reads as empty.
func (sh *Shard) clear() error {
	b := sh.s.db.NewBatch()
	if err := b.Delete(metaKey(sh.id), nil); err != nil {
		return errors.Join(err, b.Close())
	}
	if err := sh.commitDurable(b); err != nil {
		return err
	}
	b = sh.s.db.NewBatch()
	err := sh.s.eachRange(sh.s.db, sh.id, func(lo, hi []byte) error { return b.DeleteRange(lo, hi, nil) })
	if err != nil {
		return errors.Join(err, b.Close())
	}
	sh.meta = meta{}
	return sh.commitDurable(b)
}

func (sh *Shard) commitDurable(b *pebble.Batch) (err error) {
	if sh.lastCommit, err = sh.s.commit(b); err != nil {
		return err
	}
	return sh.Sync()
}

// loadStream commits the records in batches. The meta record comes last and in a batch of its own, after all the
// others: batches reach the disk in order.
func (sh *Shard) loadStream(r io.Reader, stop <-chan struct{}) error {
	b := sh.s.db.NewBatch()
	var metaValue []byte
	for n := 1; ; n++ {
		key, val, err := readRecord(r)
		switch {
		case err != nil:
		case key == nil && metaValue == nil, metaValue != nil && key != nil:
			err = fmt.Errorf("%w: the meta record is not the last", errStream)
		case key == nil:
			return sh.finishStream(b, metaValue)
		case !ownedBy(key, sh.id):
			err = fmt.Errorf("%w: a key of another shard", errStream)
		case key[0] == tableMeta:
			_, err = decodeMeta(val)
			metaValue = val
		default:
			err = b.Set(key, val, nil)
		}
		if err == nil && n%stopEvery == 0 && stopped(stop) {
			err = ErrStopped
		}
		if err != nil {
			return errors.Join(err, b.Close())
		}
		if b.Len() > streamBatch {
			if sh.lastCommit, err = sh.s.commit(b); err != nil {
				return err
			}
			b = sh.s.db.NewBatch()
		}
	}
}

func (sh *Shard) finishStream(b *pebble.Batch, metaValue []byte) (err error) {
	if sh.lastCommit, err = sh.s.commit(b); err != nil {
		return err
	}
	b = sh.s.db.NewBatch()
	if err := b.Set(metaKey(sh.id), metaValue, nil); err != nil {
		return errors.Join(err, b.Close())
	}
	sh.lastCommit, err = sh.s.commit(b)
	return err
}

// readRecord reads one record; a nil key is the end of the stream.
func readRecord(r io.Reader) (key, val []byte, err error) {
	var hdr [8]byte
	if _, err := io.ReadFull(r, hdr[:]); err != nil {
		return nil, nil, err
	}
	kl, vl := binary.BigEndian.Uint32(hdr[:]), binary.BigEndian.Uint32(hdr[4:])
	if kl == 0 && vl == 0 {
		return nil, nil, nil
	}
	if kl == 0 || kl > maxStreamKey || vl > maxStreamValue {
		return nil, nil, fmt.Errorf("%w: a record of %d + %d bytes", errStream, kl, vl)
	}
	buf := make([]byte, kl+vl)
	if _, err := io.ReadFull(r, buf); err != nil {
		return nil, nil, err
	}
	return buf[:kl:kl], buf[kl:], nil
}
