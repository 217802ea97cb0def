package store

import (
	"bytes"
	"slices"
	"sort"
	"strconv"

	"github.com/parley-im/parley/im"
)

// Names of a sort key that are the record's own.
const (
	sortID = "id"
	sortTS = "ts"
)

// order says which of two records comes first.
type order []im.SortKey

// newOrder leaves out what decides nothing: a name for the second time, whatever follows the id, and an ascending id at the
// end, since equals are ordered by it.
func newOrder(keys []im.SortKey) order {
	var o order
	for _, k := range keys {
		if !slices.ContainsFunc(o, func(b im.SortKey) bool { return b.Name == k.Name }) {
			o = append(o, k)
		}
		if k.Name == sortID {
			break
		}
	}
	if n := len(o); n > 0 && o[n-1] == (im.SortKey{Name: sortID}) {
		o = o[:n-1]
	}
	return o
}

// sortable is what a record is sorted by.
type sortable struct {
	shard im.ShardID
	id    []byte
	// values has one for each key of the order.
	values []sortValue
}

// sortValue is one value to sort by. Types sort by their number; the zero type is that of a value that is not there.
type sortValue struct {
	kind   im.FieldType
	text   []byte
	number number // of a NumberField
}

// read takes what o sorts by from a record. s aliases id, p and scratch.
func (s *sortable) read(o order, shard im.ShardID, id []byte, p *public, scratch []byte) {
	s.shard, s.id, s.values = shard, id, s.values[:0]
	for i := range o {
		v := sortValue{}
		switch o[i].Name {
		case sortID:
			v.kind, v.text = im.StringField, id
		case sortTS:
			v.kind, v.text = im.NumberField, strconv.AppendInt(scratch[:0], int64(p.ts), 10)
		default:
			v.kind, v.text = p.find(o[i].Name)
		}
		if v.kind == im.NumberField {
			v.number = parseNumber(v.text)
		}
		s.values = append(s.values, v)
	}
}

// find returns type and text of a field, zero when it is not there.
func (p *public) find(name string) (im.FieldType, []byte) {
	i, ok := sort.Find(len(p.fields), func(i int) int { return compareName(name, p.fields[i].name) })
	if !ok {
		return 0, nil
	}
	return p.fields[i].kind, p.fields[i].text
}

func compareName(name string, other []byte) int {
	switch {
	case name < string(other): // no copy is made
		return -1
	case name > string(other):
		return 1
	}
	return 0
}

// clone returns a copy that aliases nothing.
func (s *sortable) clone() sortable {
	buf := make([]byte, 0, s.size()) // enough, so that it does not move
	keep := func(b []byte) []byte {
		buf = append(buf, b...)
		return buf[len(buf)-len(b) : len(buf) : len(buf)]
	}
	c := sortable{shard: s.shard, id: keep(s.id), values: slices.Clone(s.values)}
	for i := range c.values {
		v := &c.values[i]
		v.text = keep(v.text)
		if v.kind == im.NumberField {
			v.number = parseNumber(v.text)
		}
	}
	return c
}

// perValue is about what a sortValue takes, in bytes.
const perValue = 80

// size returns about how much memory a clone of s takes, in bytes.
func (s *sortable) size() int {
	n := perValue + len(s.id)
	for i := range s.values {
		n += perValue + len(s.values[i].text)
	}
	return n
}

// compare returns -1 or 1 as a comes before or after b, 0 for one and the same record.
func (o order) compare(a, b *sortable) int {
	for i := range o {
		if c := compareValues(&a.values[i], &b.values[i], o[i].Descending); c != 0 {
			return c
		}
	}
	return bytes.Compare(a.id, b.id)
}

// compareValues compares numbers by value, strings byte by byte, and false before true. What is not there comes last in
// both directions.
func compareValues(a, b *sortValue, descending bool) int {
	c := 0
	switch {
	case a.kind == 0 || b.kind == 0:
		return int(min(b.kind, 1)) - int(min(a.kind, 1))
	case a.kind != b.kind:
		c = int(a.kind) - int(b.kind)
	case a.kind == im.NumberField:
		c = a.number.compare(&b.number)
	default:
		c = bytes.Compare(a.text, b.text) // that of "false" and "true", too
	}
	if descending {
		return -c
	}
	return c
}
