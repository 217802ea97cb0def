package store

import (
	"cmp"

	"github.com/parley-im/parley/im"
)

// CompareKeys returns -1, 0 or 1 as a comes before b, is the same or comes after it in the order of q, which is that of Search.
// Keys are the same when their ids are: no two shards have one id of one app and kind. Values that are not there count as such.
func CompareKeys(q *im.Query, a, b *im.FoundKey) int {
	for i, k := range newOrder(q.Sort) {
		x, y := valueOf(a, i), valueOf(b, i)
		if c := compareValues(&x, &y, k.Descending); c != 0 {
			return cmp.Compare(c, 0)
		}
	}
	return cmp.Compare(a.ID, b.ID)
}

// CheckKey reports, as an *im.Error of kind Invalid, what makes k no key that a search for q can have found.
func CheckKey(q *im.Query, k *im.FoundKey) error {
	const op = "eventlog.search"
	switch {
	case k.Shard == 0 || k.Shard > MaxShard:
		return im.E(op, im.Invalid, "the key of a record is of no shard")
	case !(im.Address{App: q.App, Kind: q.Kind, ID: k.ID}).Valid():
		return im.E(op, im.Invalid, "the key of a record has no id")
	case len(k.Values) != len(newOrder(q.Sort)):
		return im.E(op, im.Invalid, "the key of a record is of another order")
	}
	for _, v := range k.Values {
		missing := v == im.SortValue{}
		if !missing && (len(v.Text) > im.MaxAttributesBytes || !validText(v.Kind, v.Text)) {
			return im.E(op, im.Invalid, "the key of a record has a value that is not of its type")
		}
	}
	return nil
}

func (s *sortable) key() im.FoundKey {
	k := im.FoundKey{Shard: s.shard, ID: string(s.id)}
	for i := range s.values {
		k.Values = append(k.Values, im.SortValue{Kind: s.values[i].kind, Text: string(s.values[i].text)})
	}
	return k
}

func sortableOf(k *im.FoundKey) *sortable {
	s := &sortable{shard: k.Shard, id: []byte(k.ID)}
	for i := range k.Values {
		s.values = append(s.values, valueOf(k, i))
	}
	return s
}

// valueOf returns the i-th value of k.
func valueOf(k *im.FoundKey, i int) sortValue {
	if i >= len(k.Values) {
		return sortValue{}
	}
	v := sortValue{kind: k.Values[i].Kind, text: []byte(k.Values[i].Text)}
	if v.kind == im.NumberField {
		v.number = parseNumber(v.text)
	}
	return v
}
