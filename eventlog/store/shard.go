package store

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// Shard is the state machine of one shard. Its methods are called by one goroutine at a time.
type Shard struct {
	s  *Store
	id im.ShardID

	meta meta
	// lastCommit is the store's count after this shard's last batch: what Sync must have flushed.
	lastCommit uint64

	// The tables hold the newest value of an address, committed or not: an Update reads its own writes through them.
	heads    *table[head]
	owed     *table[im.Owed]
	partials *table[partial]
	counts   *table[uint64]
	// copied is how many bytes the command that is being applied has carried.
	copied int
	// published is empty between batches.
	published published

	// scratch space of one Update
	key, val []byte
}

// cachedAddresses bounds a generation of each table: 8192 heads of about 250 bytes are 2 MiB, and two generations in
// each of 17 shards 70 MiB at the very most. A batch changes fewer addresses than that: see update.
const cachedAddresses = 2 * MaxItems

// Shard returns the state machine of shard id. One per shard and Open.
func (s *Store) Shard(id im.ShardID) *Shard {
	return &Shard{
		s: s, id: id,
		heads:    newTable(cachedAddresses, decodeHead),
		owed:     newTable(cachedAddresses, decodeOwed),
		partials: newTable(cachedAddresses, decodePartial),
		counts:   newTable(cachedAddresses, decodeCount), published: make(published),
	}
}

// Load reads what the shard knows of itself and returns the Raft index of the last command that it holds, 0 when it is
// new. It must come before the first Update.
func (sh *Shard) Load() (applied uint64, err error) {
	sh.s.reclaiming.RLock()
	defer sh.s.reclaiming.RUnlock()
	m, err := sh.s.meta(sh.id)
	if err != nil {
		return 0, err
	}
	sh.s.present[sh.id].Store(true)
	sh.setMeta(m)
	sh.forget()
	return m.applied, nil
}

// Applied returns the Raft index of the last command that shard id holds.
func (s *Store) Applied(id im.ShardID) (uint64, error) {
	m, err := s.meta(id)
	return m.applied, err
}

func (s *Store) meta(id im.ShardID) (meta, error) {
	m, _, err := get(s.db, metaKey(id), decodeMeta)
	return m, err
}

func (sh *Shard) forget() {
	sh.heads.clear()
	sh.owed.clear()
	sh.partials.clear()
	sh.counts.clear()
	clear(sh.published)
}

// Sync makes every command applied so far durable.
func (sh *Shard) Sync() error { return sh.s.flushSince(sh.lastCommit) }

// get reads and decodes one value; the zero T and false when there is none. decode must copy what it keeps.
func get[T any](r pebble.Reader, key []byte, decode func([]byte) (T, error)) (T, bool, error) {
	var zero T
	v, closer, err := r.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return zero, false, nil
	}
	if err != nil {
		return zero, false, err
	}
	out, err := decode(v)
	return out, err == nil, errors.Join(err, closer.Close())
}

// read returns the newest value of key, from the batch being built, the cache or the store.
func read[V any](sh *Shard, t *table[V], key []byte) (V, error) {
	if s, ok := t.cached(key); ok {
		return s.value, nil
	}
	v, _, err := get(sh.s.db, key, t.decode)
	if err == nil {
		t.put(key, slot[V]{value: v})
	}
	return v, err
}
