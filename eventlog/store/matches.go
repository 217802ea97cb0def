package store

import (
	"bytes"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// cursor stands on one of a row of keys that have a prefix in common, followed by an id: those of the records of an app
// and kind, or those of the index with one name and text. Ids are in order.
type cursor struct {
	it     *pebble.Iterator
	prefix []byte
	// tail bytes follow the id: 1 in the table of records, 0 in the index.
	tail int
	key  []byte // scratch space
}

func newCursor(r pebble.Reader, prefix []byte, tail int) (*cursor, error) {
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	return &cursor{it: it, prefix: prefix, tail: tail}, err
}

// id is good until the cursor moves.
func (c *cursor) id() []byte {
	k := c.it.Key()
	return k[len(c.prefix):max(len(c.prefix), len(k)-c.tail)]
}

// reach moves to the first id that is not before the given one, mostly the present or the next.
func (c *cursor) reach(id []byte) bool {
	for range 2 {
		if !c.it.Valid() {
			return false
		}
		if bytes.Compare(c.id(), id) >= 0 {
			return true
		}
		c.it.Next()
	}
	if !c.it.Valid() || bytes.Compare(c.id(), id) >= 0 {
		return c.it.Valid()
	}
	return c.seek(id)
}

// seek moves to the first id that is not before the given one.
func (c *cursor) seek(id []byte) bool {
	c.key = append(append(c.key[:0], c.prefix...), id...)
	return c.it.SeekGE(c.key)
}

// matches walks the records of one shard that a plan asks for, by id: where all cursors agree. It leaps to the furthest of
// them, so it takes no more steps than the rarest condition has records.
type matches struct {
	shard   im.ShardID
	cursors []*cursor
	// records is the cursor that record reads by; the only one of a plan without conditions.
	records  *cursor
	compared []im.Condition
	alive    *lifeline

	id      []byte // of the present match
	current public // scratch space of record
	err     error
}

func (s *search) matchesOf(id im.ShardID) (m *matches, err error) {
	m = &matches{shard: id, compared: s.plan.compared, alive: &s.alive}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.close())
		}
	}()
	for _, c := range s.plan.indexed {
		next, err := newCursor(s.snap, indexPrefix(nil, id, s.plan.app, s.plan.kind, c.Name, c.Text), 0)
		if err != nil {
			return m, err
		}
		m.cursors = append(m.cursors, next)
	}
	if len(m.cursors) == 0 || len(m.compared) > 0 || len(s.plan.order) > 0 {
		m.records, err = newCursor(s.snap, kindPrefix(nil, tableRecord, id, s.plan.app, s.plan.kind), 1)
		if len(m.cursors) == 0 && err == nil {
			m.cursors = append(m.cursors, m.records)
		}
	}
	return m, err
}

func (m *matches) close() error {
	var errs error
	for _, c := range m.cursors {
		errs = errors.Join(errs, c.it.Close())
	}
	if m.records != nil && m.records.it != nil && (len(m.cursors) == 0 || m.cursors[0] != m.records) {
		errs = errors.Join(errs, m.records.it.Close())
	}
	return errs
}

// first moves to the first match and reports whether there is one.
func (m *matches) first() bool {
	for _, c := range m.cursors {
		if !c.it.First() {
			return m.end(c.it.Error())
		}
	}
	return m.settle()
}

// from moves to the first match beyond the id passed, if it is not empty, and reports whether there is one.
func (m *matches) from(passed []byte) bool {
	if len(passed) == 0 {
		return m.first()
	}
	for _, c := range m.cursors {
		if !c.seek(passed) {
			return m.end(c.it.Error())
		}
	}
	if c := m.cursors[0]; bytes.Equal(c.id(), passed) && !c.it.Next() {
		return m.end(c.it.Error())
	}
	return m.settle()
}

// next moves to the next match and reports whether there is one.
func (m *matches) next() bool {
	if it := m.cursors[0].it; !it.Next() {
		return m.end(it.Error())
	}
	return m.settle()
}

// settle moves on to where all cursors agree, and the record has what was not looked up.
func (m *matches) settle() bool {
	for m.agree() {
		ok, err := m.holds()
		if ok || err != nil {
			return err == nil || m.end(err)
		}
		if it := m.cursors[0].it; !it.Next() {
			return m.end(it.Error())
		}
	}
	return false
}

// agree moves on to the first id that all cursors have.
func (m *matches) agree() bool {
	m.id = append(m.id[:0], m.cursors[0].id()...)
	if len(m.cursors) == 1 {
		m.err = m.alive.err()
		return m.err == nil
	}
	for i, agreed := 1, 1; agreed < len(m.cursors); i = (i + 1) % len(m.cursors) {
		c := m.cursors[i]
		if err := m.alive.err(); err != nil || !c.reach(m.id) {
			return m.end(errors.Join(err, c.it.Error()))
		}
		agreed++
		if id := c.id(); !bytes.Equal(id, m.id) {
			m.id, agreed = append(m.id[:0], id...), 1
		}
	}
	return true
}

// end notes why there are no more matches, and returns false.
func (m *matches) end(err error) bool {
	m.err = err
	return false
}

// holds compares the present record with what was not looked up.
func (m *matches) holds() (bool, error) {
	if len(m.compared) == 0 {
		return true, nil
	}
	p, err := m.record()
	if err != nil {
		return false, err
	}
	for _, c := range m.compared {
		if kind, text := p.find(c.Name); kind == 0 || string(text) != c.Text {
			return false, nil
		}
	}
	return true, nil
}

// record returns the record of the present match. It is good until the next move.
func (m *matches) record() (*public, error) {
	if !m.records.atRecord(m.id) {
		return nil, errors.Join(errCorrupt, m.records.it.Error())
	}
	v, err := m.records.it.ValueAndErr()
	if err != nil {
		return nil, err
	}
	return &m.current, decodePublic(v, &m.current)
}

// atRecord moves to the record of id, mostly far ahead.
func (c *cursor) atRecord(id []byte) bool {
	here := c.it.Valid() && bytes.Equal(c.id(), id)
	return here || c.seek(id) && bytes.Equal(c.id(), id)
}
