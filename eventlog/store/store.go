package store

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parley-im/parley/im"
)

// FS is the file system that a store lives on: Pebble's.
type FS = vfs.FS

// Options configures a store.
type Options struct {
	// Shards is the number of actor shards: addresses hash to shards 1..Shards, the cluster's own are on shard 0.
	// Fixed for the life of the store. 1..MaxShard.
	Shards uint32
	// Bucket is the length of a retention bucket in ms: what expires together lies together. Fixed for the life of
	// the store, because it is part of every entry's key.
	Bucket im.Millis
	// CacheBytes bounds Pebble's block cache. Zero means 64 MiB.
	CacheBytes int64
	// FS is the file system; nil means the operating system's.
	FS FS
	// Logger takes Pebble's errors. Nil means slog.Default().
	Logger *slog.Logger
}

const (
	// bucketsPerWindow buckets make a window, the length after which ids are forgotten.
	bucketsPerWindow = 7

	defaultCacheBytes = 64 << 20
	memTableBytes     = 32 << 20
	// memTables of them may wait for a flush before writes wait too.
	memTables = 4
	// maxCompactions keeps level 0 short: with one (Pebble's default) it grew to hundreds of files under load.
	maxCompactions = 2
	// bloomBits per key make a look-up of an id or head that does not exist miss the disk in 99 of 100 cases.
	bloomBits = 10
)

func (o *Options) ensureDefaults() {
	if o.CacheBytes == 0 {
		o.CacheBytes = defaultCacheBytes
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
}

func (o *Options) validate() error {
	if o.Shards < 1 || o.Shards > MaxShard {
		return fmt.Errorf("store: shards must be 1..%d, not %d", MaxShard, o.Shards)
	}
	if o.Bucket <= 0 {
		return fmt.Errorf("store: the bucket length must be positive, not %d ms", o.Bucket)
	}
	return nil
}

func (o *Options) pebble() *pebble.Options {
	po := &pebble.Options{
		CacheSize:                   o.CacheBytes,
		MemTableSize:                memTableBytes,
		MemTableStopWritesThreshold: memTables,
		CompactionConcurrencyRange:  func() (int, int) { return 1, maxCompactions },
		// The Raft log is the write-ahead log: what a crash takes from the memtables is applied again.
		DisableWAL:         true,
		FormatMajorVersion: pebble.FormatNewest,
		FS:                 o.FS,
		Logger:             logger{o.Logger},
	}
	for i := range po.Levels {
		po.Levels[i].FilterPolicy = bloom.FilterPolicy(bloomBits)
	}
	return po
}

// Store is the state of all shards of one node.
type Store struct {
	db     *pebble.DB
	shards uint32
	bucket im.Millis
	window im.Millis

	// commits counts the batches committed since Open. Invariant: raised after the commit, so that a flush that
	// starts later than a reading of it holds all the batches counted.
	commits atomic.Uint64
	// flushed is the reading of commits before the last flush that has ended.
	flushed atomic.Uint64
	// flushing is held during a flush, so that the shards that wait for one share the next.
	flushing sync.Mutex
	// checks counts the digests that are being made: see onDamage.
	checks atomic.Int32
}

// Open opens the store in dir, or makes it. The caller holds the directory: two stores on one directory are refused
// by a lock, as an error.
func Open(dir string, o Options) (*Store, error) {
	o.ensureDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	s := &Store{shards: o.Shards, bucket: o.Bucket, window: o.Bucket * bucketsPerWindow}
	po := o.pebble()
	po.EventListener = &pebble.EventListener{DataCorruption: s.onDamage(po.Logger)}
	var err error
	if s.db, err = pebble.Open(dir, po); err != nil {
		return nil, fmt.Errorf("store: open %s: %w", dir, err)
	}
	return s, nil
}

// Close makes everything durable, so that the next Open replays nothing, and releases the files. Nothing of s may be
// used during or after it.
func (s *Store) Close() error {
	return errors.Join(s.db.Flush(), s.db.Close())
}

// flushSince makes the first n batches durable. It returns at once when a flush that began after them has ended, so
// many shards that sync at the same time cost one flush or two.
func (s *Store) flushSince(n uint64) error {
	if s.flushed.Load() >= n {
		return nil
	}
	s.flushing.Lock()
	defer s.flushing.Unlock()
	if s.flushed.Load() >= n {
		return nil
	}
	start := s.commits.Load()
	if err := s.db.Flush(); err != nil {
		return err
	}
	s.flushed.Store(start)
	return nil
}

// commit applies b without waiting for the disk, and closes it.
func (s *Store) commit(b *pebble.Batch) (uint64, error) {
	err := s.db.Apply(b, pebble.NoSync)
	n := s.commits.Add(1)
	return n, errors.Join(err, b.Close())
}

// ShardOf returns the shard of an address.
func (s *Store) ShardOf(a im.Address) im.ShardID { return a.Shard(s.shards) }

// Stats are figures for metrics.
type Stats struct {
	// DiskBytes is what the store takes on disk.
	DiskBytes uint64
	// MemTableBytes is what waits in memory for a flush.
	MemTableBytes uint64
	// L0Files is the number of files not yet sorted in: hundreds mean that compactions do not keep up.
	L0Files int64
}

// Stats returns present figures.
func (s *Store) Stats() Stats {
	m := s.db.Metrics()
	return Stats{DiskBytes: m.DiskSpaceUsage(), MemTableBytes: m.MemTable.Size, L0Files: m.Levels[0].TablesCount}
}

// logger routes Pebble's messages: errors to slog, information nowhere.
type logger struct{ l *slog.Logger }

func (logger) Infof(string, ...any) {}

func (l logger) Errorf(format string, args ...any) {
	l.l.Error("pebble", "msg", fmt.Sprintf(format, args...))
}

// Fatalf panics: Pebble calls it when it cannot go on without harming the data.
func (l logger) Fatalf(format string, args ...any) {
	panic("pebble: " + fmt.Sprintf(format, args...))
}
