package store

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parley-im/parley/eventlog/disk"
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
	// StrangersBucket is the same for ClassStrangers. Zero means as Bucket.
	StrangersBucket im.Millis
	// CacheBytes bounds Pebble's block cache. Zero means 64 MiB.
	CacheBytes int64
	// FS is the file system; nil means the operating system's.
	FS FS
	// Logger takes Pebble's errors. Nil means slog.Default().
	Logger *slog.Logger
	// OnDamage is told, in one line, which file is not what was written, or why else Pebble cannot go on. What was read is
	// not to be used: it should not return. Nil means that Pebble's goroutine panics.
	OnDamage func(error)

	// plain leaves out compression, for tests that look into files.
	plain bool
}

const (
	defaultCacheBytes = 64 << 20
	memTableBytes     = 32 << 20
	// memTables of them may wait for a flush before writes wait too.
	memTables = 4
	// maxCompactions keeps level 0 short: with one (Pebble's default) it grew to hundreds of files under load.
	maxCompactions = 2
	// manifestBytes is when Pebble's list of files begins anew, if half of it is about files that are gone: it has the first and the
	// last key of each.
	manifestBytes = 64 << 10
	// bloomBits per key make a look-up of an id or head that does not exist miss the disk in 99 of 100 cases.
	bloomBits = 10
)

func (o *Options) ensureDefaults() {
	if o.StrangersBucket == 0 {
		o.StrangersBucket = o.Bucket
	}
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
	if o.Bucket <= 0 || o.StrangersBucket <= 0 {
		return fmt.Errorf("store: the lengths of buckets must be positive, not %d and %d ms", o.Bucket, o.StrangersBucket)
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
		DisableWAL:          true,
		FormatMajorVersion:  pebble.FormatNewest,
		MaxManifestFileSize: manifestBytes,
		FS:                  o.FS,
		Logger:              logger{o.Logger, o.OnDamage},
	}
	po.Experimental.SpanPolicyFunc = fileSpans
	// What is excised is gone from the disk when Excise returns.
	po.Experimental.DisableIngestAsFlushable = func() bool { return true }
	for i := range po.Levels {
		po.Levels[i].FilterPolicy = bloom.FilterPolicy(bloomBits)
		if o.plain {
			po.Levels[i].Compression = func() *sstable.CompressionProfile { return sstable.NoCompression }
		}
	}
	return po
}

// Store is the state of all shards of one node.
type Store struct {
	db      *pebble.DB
	shards  uint32
	lengths lengths

	// commits counts the batches committed since Open. Invariant: raised after the commit, so that a flush that
	// starts later than a reading of it holds all the batches counted.
	commits atomic.Uint64
	// flushed is the reading of commits before the last flush that has ended.
	flushed atomic.Uint64
	// flushing is held during a flush, so that the shards that wait for one share the next.
	flushing sync.Mutex
	// checks counts the digests that are being made: see onDamage.
	checks atomic.Int32
	// synced notes what was synced; nil when nobody does.
	synced *disk.Synced

	// sealed are the seals of what is applied, by shard.
	sealed []seals
	// present are the shards that were loaded and not dropped since: what they may read is not reclaimed.
	present []atomic.Bool
	// reclaiming is held by Reclaim, and for reading while a shard is loaded or received, lest one appear that Reclaim knows nothing of.
	reclaiming sync.RWMutex
	reads      reads
	views      views
}

// newStore returns a store without a database.
func newStore(o *Options) *Store {
	s := &Store{shards: o.Shards, lengths: o.lengths(), sealed: make([]seals, o.Shards+1), present: make([]atomic.Bool, o.Shards+1)}
	s.reads.init()
	s.views.init()
	return s
}

// Open opens the store in dir, or makes it. The caller holds the directory: two stores on one directory are refused
// by a lock, as an error.
func Open(dir string, o Options) (*Store, error) {
	o.ensureDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	s := newStore(&o)
	if err := s.checkSynced(dir, &o); err != nil {
		return nil, err
	}
	po := o.pebble()
	po.EventListener = &pebble.EventListener{DataCorruption: s.onDamage(&o)}
	var err error
	if s.db, err = pebble.Open(dir, po); err != nil {
		return nil, errors.Join(fmt.Errorf("store: open %s: %w", dir, err), s.synced.Close())
	}
	return s, nil
}

// checkSynced checks what was noted of the files that were synced, and sees to it that it goes on to be where o.FS is a disk.
func (s *Store) checkSynced(dir string, o *Options) error {
	set, err := readSynced(o.FS, dir)
	if err == nil {
		err = checkFiles(o.FS, dir, set)
	}
	if d, ok := o.FS.(diskFS); ok && err == nil {
		s.synced = newSynced(d.FS, dir, set)
		d.synced = s.synced
		o.FS = d
	}
	return err
}

// Close makes everything durable, so that the next Open replays nothing, and releases the files. Nothing of s may be
// used during or after it.
func (s *Store) Close() error {
	return errors.Join(s.db.Flush(), s.db.Close(), s.synced.Close())
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
