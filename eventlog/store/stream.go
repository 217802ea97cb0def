package store

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"

	"github.com/cockroachdb/pebble/v2"
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

// Save writes the whole shard to w, its meta key last, so that whatever loads it knows when it is complete. What lies before the
// watermarks is left out.
func (v *View) Save(w io.Writer, stop <-chan struct{}) error {
	if v.err != nil {
		return v.err
	}
	bw := bufio.NewWriterSize(w, 256<<10)
	if _, err := bw.Write(streamMagic[:]); err != nil {
		return err
	}
	err := v.s.eachRange(v.snap, v.id, v.marks, func(lo, hi []byte) error { return v.saveRange(bw, lo, hi, stop) })
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
