package store

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parley-im/parley/im"
)

// ReadOnly is a store that nobody writes, such as one of a node that does not run. Nothing below its directory is changed,
// not even a lock. It shows what was synced: the last commands may be missing, which the Raft log has.
//
// Its methods are safe for concurrent use with everything but Close.
type ReadOnly struct{ s *Store }

// readCacheBytes is enough to read each block once, in order.
const readCacheBytes = 8 << 20

// OpenReadOnly opens the store in dir, which must be there. The caller sees to it that nobody writes it until Close. Of the
// options Shards, the lengths of buckets, FS and Logger count. An error wraps ErrDamaged when files are missing or not what they were.
func OpenReadOnly(dir string, o Options) (*ReadOnly, error) {
	o.CacheBytes = readCacheBytes
	o.ensureDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	synced, err := readSynced(o.FS, dir)
	if err == nil {
		err = checkFiles(o.FS, dir, synced)
	}
	if err != nil {
		return nil, err
	}
	po := o.pebble()
	po.FS, po.ReadOnly = readFS{o.FS}, true
	po.EventListener = &pebble.EventListener{DataCorruption: func(pebble.DataCorruptionInfo) {}} // the reader gets an error
	db, err := pebble.Open(dir, po)
	if err != nil {
		return nil, fmt.Errorf("the store %s is %w: %w", dir, ErrDamaged, err)
	}
	s := newStore(&o)
	s.db = db
	return &ReadOnly{s}, nil
}

// Digest returns the digest of shard id, as View.Digest does, of what is on the disk.
func (r *ReadOnly) Digest(id im.ShardID, alive func() error) (Digest, error) {
	v := r.s.View(id)
	d, err := v.Digest(alive)
	return d, errors.Join(err, v.Close())
}

// Marks is Store.Marks of what is on the disk.
func (r *ReadOnly) Marks(id im.ShardID, c Class) (Marks, error) { return r.s.Marks(id, c) }

// Weigh is Store.Weigh.
func (r *ReadOnly) Weigh(c Class) ([]Bucket, error) { return r.s.Weigh(c) }

// WeighIDs is Store.WeighIDs.
func (r *ReadOnly) WeighIDs(c Class) ([]Bucket, error) { return r.s.WeighIDs(c) }

// Left is Store.Left of what is on the disk.
func (r *ReadOnly) Left(id im.ShardID) (carried, graves uint64, err error) { return r.s.Left(id) }

// Close releases the files.
func (r *ReadOnly) Close() error { return r.s.db.Close() }

// errReadOnly is returned for whatever would change something.
var errReadOnly = errors.New("store: opened for reading only")

// readFS is a file system on which nothing can be changed. Pebble would make its lock anew, and with it a file.
type readFS struct{ vfs.FS }

// Unwrap implements vfs.FS.
func (f readFS) Unwrap() vfs.FS { return f.FS }

// Lock implements vfs.FS. The caller of OpenReadOnly has seen to it.
func (readFS) Lock(string) (io.Closer, error) { return io.NopCloser(nil), nil }

// Create implements vfs.FS.
func (readFS) Create(string, vfs.DiskWriteCategory) (vfs.File, error) { return nil, errReadOnly }

// Link implements vfs.FS.
func (readFS) Link(string, string) error { return errReadOnly }

// OpenReadWrite implements vfs.FS.
func (readFS) OpenReadWrite(string, vfs.DiskWriteCategory, ...vfs.OpenOption) (vfs.File, error) {
	return nil, errReadOnly
}

// Remove implements vfs.FS.
func (readFS) Remove(string) error { return errReadOnly }

// RemoveAll implements vfs.FS.
func (readFS) RemoveAll(string) error { return errReadOnly }

// Rename implements vfs.FS.
func (readFS) Rename(string, string) error { return errReadOnly }

// ReuseForWrite implements vfs.FS.
func (readFS) ReuseForWrite(string, string, vfs.DiskWriteCategory) (vfs.File, error) {
	return nil, errReadOnly
}

// MkdirAll implements vfs.FS.
func (readFS) MkdirAll(string, os.FileMode) error { return errReadOnly }
