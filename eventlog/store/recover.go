package store

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// Recover replaces the whole shard by what Save wrote. A crash or an error in the middle leaves a shard that holds
// nothing by its own account (applied index 0), never a mixture that passes for whole.
func (sh *Shard) Recover(r io.Reader, stop <-chan struct{}) error {
	if err := sh.receive(r, stop); err != nil {
		return err
	}
	if _, err := sh.Load(); err != nil {
		return err
	}
	return sh.Sync()
}

func (sh *Shard) receive(r io.Reader, stop <-chan struct{}) error {
	sh.s.reclaiming.RLock()
	defer sh.s.reclaiming.RUnlock()
	sh.s.present[sh.id].Store(true)
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
	return sh.loadStream(br, stop)
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
	err := sh.s.eachRange(sh.s.db, sh.id, everything, func(lo, hi []byte) error { return b.DeleteRange(lo, hi, nil) })
	if err != nil {
		return errors.Join(err, b.Close())
	}
	sh.setMeta(meta{})
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
	buf, err := readBytes(r, int(kl+vl))
	if err != nil {
		return nil, nil, err
	}
	return buf[:kl:kl], buf[kl:], nil
}

// readAhead is the most that is allocated ahead of arrival: a header only claims what follows it.
const readAhead = 64 << 10

func readBytes(r io.Reader, n int) ([]byte, error) {
	buf := make([]byte, 0, min(n, readAhead))
	for len(buf) < n {
		at, next := len(buf), min(n-len(buf), readAhead)
		buf = slices.Grow(buf, next)[:at+next]
		if _, err := io.ReadFull(r, buf[at:]); err != nil {
			return nil, err
		}
	}
	return buf, nil
}
