package logtest

import (
	"cmp"
	"context"
	"encoding/json"
	"math/big"
	"slices"
	"strings"

	"github.com/parley-im/parley/im"
)

// maxSortKeys is the real log's bound.
const maxSortKeys = 16

// Search implements Log by looking at everything.
func (m *Memory) Search(ctx context.Context, q im.Query) ([]im.Found, error) {
	switch {
	case !(im.Address{App: q.App, Kind: q.Kind, ID: "x"}).Valid() || q.Skip < 0 || q.Limit < 0:
		return nil, im.E("logtest.search", im.Invalid, "")
	case len(q.Sort) > maxSortKeys:
		return nil, im.E("logtest.search", im.TooLong, "")
	case m.isClosed():
		return nil, errClosed
	case ctx.Err() != nil:
		return nil, &im.Error{Kind: im.Unavailable, Err: ctx.Err()}
	}
	found := m.matching(&q)
	slices.SortFunc(found, func(a, b match) int { return compareMatches(q.Sort, a, b) })
	found = found[min(q.Skip, len(found)):]
	var out []im.Found
	for _, f := range found[:min(q.Limit, len(found))] {
		out = append(out, im.Found{ID: f.id, TS: f.record.TS, Body: slices.Clone(f.record.Body)})
	}
	return out, nil
}

// match is a record that a search found.
type match struct {
	id     string
	record *im.Record
}

func (m *Memory) matching(q *im.Query) (out []match) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for a, r := range m.mu.data {
		if a.App == q.App && a.Kind == q.Kind && a.Kind != im.KindCluster && r.public != nil && hasAll(r.public, q.Where) {
			out = append(out, match{a.ID, r.public})
		}
	}
	return out
}

func hasAll(r *im.Record, where []im.Condition) bool {
	for _, c := range where {
		if f := fieldOf(r, c.Name); f == nil || f.Text != c.Text {
			return false
		}
	}
	return true
}

func fieldOf(r *im.Record, name string) *im.Field {
	for i := range r.Fields {
		if r.Fields[i].Name == name {
			return &r.Fields[i]
		}
	}
	return nil
}

func compareMatches(keys []im.SortKey, a, b match) int {
	for _, k := range keys {
		x, y := sortField(a, k.Name), sortField(b, k.Name)
		switch {
		case x == nil && y == nil:
			continue
		case x == nil:
			return 1
		case y == nil:
			return -1
		}
		c := compareFields(x, y)
		if k.Descending {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return strings.Compare(a.id, b.id)
}

func sortField(m match, name string) *im.Field {
	switch name {
	case "id":
		return &im.Field{Type: im.StringField, Text: m.id}
	case "ts":
		return &im.Field{Type: im.NumberField, Text: big.NewInt(int64(m.record.TS)).String()}
	}
	return fieldOf(m.record, name)
}

func compareFields(a, b *im.Field) int {
	if a.Type != b.Type {
		return cmp.Compare(a.Type, b.Type)
	}
	if a.Type == im.NumberField {
		return numberOf(a.Text).Cmp(numberOf(b.Text))
	}
	return strings.Compare(a.Text, b.Text)
}

// numberOf reads a number of up to a thousand bits, more than tests have.
func numberOf(text string) *big.Float {
	f, _, err := big.ParseFloat(text, 10, 1000, big.ToNearestEven)
	if err != nil {
		panic("logtest: number " + text)
	}
	return f
}

// checkRecord holds a record to the bounds in package im.
func checkRecord(op string, r *im.Record) error {
	empty := r.TS == 0 && len(r.Fields) == 0 && len(r.Body) == 0
	if r.Gone && !empty || r.TS < 0 {
		return im.E(op, im.Invalid, "")
	}
	if len(r.Fields) > im.MaxAttributes || len(r.Body) > im.MaxRecordBody {
		return im.E(op, im.TooLong, "")
	}
	size, last := 0, ""
	for _, f := range r.Fields {
		size += len(f.Name) + len(f.Text)
		switch {
		case len(f.Name) > im.MaxAttributeName:
			return im.E(op, im.TooLong, "")
		case f.Name == "" || strings.ContainsRune(f.Name, 0) || f.Name <= last || !isOfType(f):
			return im.E(op, im.Invalid, "")
		}
		last = f.Name
	}
	if size > im.MaxAttributesBytes {
		return im.E(op, im.TooLong, "")
	}
	return nil
}

func isOfType(f im.Field) bool {
	switch f.Type {
	case im.NumberField:
		var n json.Number
		return strings.TrimSpace(f.Text) == f.Text && !strings.HasPrefix(f.Text, `"`) && f.Text != "null" && json.Unmarshal([]byte(f.Text), &n) == nil
	case im.StringField:
		return true
	case im.BoolField:
		return f.Text == "true" || f.Text == "false"
	}
	return false
}

// copyOf returns a record with fields and body of its own, nil for one that is gone.
func copyOf(r *im.Record) *im.Record {
	if r == nil || r.Gone {
		return nil
	}
	c := *r
	c.Fields, c.Body = slices.Clone(r.Fields), slices.Clone(r.Body)
	return &c
}
