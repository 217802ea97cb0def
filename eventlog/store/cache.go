package store

// cache remembers the newest values of a table by address key. It is bounded by keeping two generations: when the
// young one is full it becomes the old one, and the former old one is forgotten. Not safe for concurrent use.
type cache[V any] struct {
	young, old map[string]V
	// limit bounds a generation, in entries.
	limit int
}

func newCache[V any](limit int) *cache[V] {
	return &cache[V]{young: make(map[string]V), limit: limit}
}

func (c *cache[V]) get(key []byte) (V, bool) {
	v, ok := c.young[string(key)]
	if ok {
		return v, true
	}
	if v, ok = c.old[string(key)]; ok {
		c.put(key, v)
	}
	return v, ok
}

func (c *cache[V]) put(key []byte, v V) {
	if len(c.young) >= c.limit {
		if _, present := c.young[string(key)]; !present {
			c.old, c.young = c.young, make(map[string]V, c.limit)
		}
	}
	c.young[string(key)] = v
}

func (c *cache[V]) clear() {
	c.young, c.old = make(map[string]V), nil
}
