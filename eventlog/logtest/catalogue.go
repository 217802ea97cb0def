package logtest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/parley-im/parley/im"
)

// catalogue is the records of an app that no other test uses.
type catalogue struct {
	t    *testing.T
	b    *bench
	app  im.AppID
	logs map[string]*writer
}

func (b *bench) catalogue(t *testing.T) *catalogue {
	b.drawn++
	return &catalogue{t: t, b: b, app: im.AppID(fmt.Sprintf("catalogue%d", b.drawn)), logs: map[string]*writer{}}
}

func (c *catalogue) log(id string) *writer {
	if c.logs[id] == nil {
		c.logs[id] = c.b.writer(c.t)
		c.logs[id].addr = im.Room(c.app, im.RoomID(id))
	}
	return c.logs[id]
}

// put makes r the record of a room.
func (c *catalogue) put(id string, r im.Record) {
	c.t.Helper()
	w := c.log(id)
	e := w.fact()
	a := im.Append{Addr: w.addr, Epoch: e1, Expected: e.Seq - 1, Entries: []im.Entry{e}, Record: &r}
	if o := c.b.append(c.t, a); o != im.Stored {
		c.t.Fatalf("record of %s: %v, want stored", id, o)
	}
}

func (c *catalogue) search(q im.Query) []im.Found {
	c.t.Helper()
	q.App, q.Kind = c.app, im.KindRoom
	found, err := c.b.log.Search(context.Background(), q)
	if err != nil {
		c.t.Fatalf("search %+v: %v", q, err)
	}
	return found
}

// want fails the test unless q finds these ids, separated by spaces.
func (c *catalogue) want(what string, q im.Query, ids string) {
	c.t.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	got := []string{}
	for _, f := range c.search(q) {
		got = append(got, f.ID)
	}
	if strings.Join(got, " ") != ids {
		c.t.Errorf("%s: found %v, want %s", what, got, ids)
	}
}

// Short forms of fields and of what is asked.
func number(name, text string) im.Field {
	return im.Field{Name: name, Type: im.NumberField, Text: text}
}

func text(name, text string) im.Field { return im.Field{Name: name, Type: im.StringField, Text: text} }

func boolean(name, text string) im.Field {
	return im.Field{Name: name, Type: im.BoolField, Text: text}
}

func having(namesAndTexts ...string) im.Query {
	var q im.Query
	for i := 0; i < len(namesAndTexts); i += 2 {
		q.Where = append(q.Where, im.Condition{Name: namesAndTexts[i], Text: namesAndTexts[i+1]})
	}
	return q
}

// by sorts q by names, those with a minus in front downwards.
func by(q im.Query, names ...string) im.Query {
	for _, n := range names {
		name := strings.TrimPrefix(n, "-")
		q.Sort = append(q.Sort, im.SortKey{Name: name, Descending: name != n})
	}
	return q
}

func page(q im.Query, skip, limit int) im.Query {
	q.Skip, q.Limit = skip, limit
	return q
}

func recordOf(ts im.Millis, fields ...im.Field) im.Record { return im.Record{TS: ts, Fields: fields} }
