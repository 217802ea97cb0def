package store

// table is one table of a shard with one value per address, such as its heads: a cache of the newest values, and the
// values that the batch being built must contain. A busy address has hundreds of appends in one batch, and needs one
// head record.
//
// The cache is bounded by keeping two generations: when the young one is full it becomes the old one, and the former
// old one is forgotten. Not safe for concurrent use.
type table[V any] struct {
	decode func([]byte) (V, error)
	// limit bounds a generation, in addresses. Invariant: it exceeds the changes of a batch, so that none of them falls
	// out before it is written.
	limit      int
	young, old map[string]slot[V]
	// changed holds the keys of the slots that are marked changed.
	changed []string
}

type slot[V any] struct {
	value V
	// changed says that the batch being built must contain the value.
	changed bool
}

func newTable[V any](limit int, decode func([]byte) (V, error)) *table[V] {
	return &table[V]{decode: decode, limit: limit, young: make(map[string]slot[V])}
}

func (t *table[V]) cached(key []byte) (slot[V], bool) {
	if s, ok := t.young[string(key)]; ok {
		return s, true
	}
	s, ok := t.old[string(key)]
	if ok {
		t.put(key, s)
	}
	return s, ok
}

func (t *table[V]) put(key []byte, s slot[V]) {
	if _, present := t.young[string(key)]; !present && len(t.young) >= t.limit {
		t.old, t.young = t.young, make(map[string]slot[V], t.limit)
	}
	t.young[string(key)] = s
}

// set changes the value of key.
func (t *table[V]) set(key []byte, v V) {
	if s, _ := t.cached(key); !s.changed {
		t.changed = append(t.changed, string(key))
	}
	t.put(key, slot[V]{value: v, changed: true})
}

// flush hands every changed value to write, and forgets that it was changed.
func (t *table[V]) flush(write func(key []byte, v V) error) error {
	for _, k := range t.changed {
		key := []byte(k)
		s, ok := t.cached(key)
		if !ok {
			panic("store: a change in the batch fell out of its cache") // see limit
		}
		t.put(key, slot[V]{value: s.value})
		if err := write(key, s.value); err != nil {
			return err
		}
	}
	t.changed = t.changed[:0]
	return nil
}

func (t *table[V]) clear() {
	t.young, t.old, t.changed = make(map[string]slot[V]), nil, t.changed[:0]
}
