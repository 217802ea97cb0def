package store

import (
	"errors"
	"fmt"

	"pgregory.net/rapid"

	"github.com/parley-im/parley/im"
)

// compare holds the two replicas to each other, and the first to the model.
func (g *aging) compare(t *rapid.T) {
	carried, graves, err := g.replicas[0].Left(1)
	fine(t, err)
	same(t, "left", fmt.Sprint(carried, " ", graves), g.model.left())
	for _, c := range classes {
		m, err := g.replicas[0].Marks(1, c)
		fine(t, err)
		same(t, "marks", fmt.Sprint(m), fmt.Sprint(g.model.marks[c]))
	}
	for _, a := range agers {
		same(t, "seal", fmt.Sprint(g.replicas[0].Sealed(a)), fmt.Sprint(g.model.marks[ClassOf(a)].Sealed))
	}
	applied, err := g.replicas[1].Applied(1)
	fine(t, err)
	if applied == g.index() && applied > 0 {
		var all [2]string
		for i, s := range g.replicas {
			v := s.View(1)
			d, err := v.Digest(forEver)
			fine(t, errors.Join(err, v.Close()))
			all[i] = fmt.Sprintf("%+v", d)
		}
		same(t, "digest", all[1], all[0])
	}
}

// read holds every read of every address to the model, on a replica that has all commands.
func (g *aging) read(t *rapid.T) {
	i := rapid.IntRange(0, 1).Draw(t, "replica")
	if i == 1 {
		g.catchUp(t)
	}
	s := g.replicas[i]
	before := im.Before{}
	if rapid.Bool().Draw(t, "by stamp") {
		before.TS = g.now - im.Millis(rapid.Int64Range(0, int64(6*testBucket)).Draw(t, "before"))
	}
	if rapid.Bool().Draw(t, "by number") {
		before.N = rapid.Uint64Range(1, 40).Draw(t, "below")
	}
	limit := rapid.IntRange(1, 5).Draw(t, "limit")
	for _, a := range agers {
		l, watermark := g.model.logs[a], g.model.marks[ClassOf(a)].Watermark
		got, err := s.Load(a)
		fine(t, err)
		same(t, "load", fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", l.load(watermark)))
		horizon := g.now - 3*testBucket
		h, err := s.History(a, before, horizon, limit)
		fine(t, err)
		same(t, "history", fmt.Sprint(h), fmt.Sprint(l.history(before, max(horizon, watermark), limit)))
		g.readOn(t, s, a, watermark)
	}
}

// readOn compares what is left: ids and entries.
func (g *aging) readOn(t *rapid.T, s *Store, a im.Address, watermark im.Millis) {
	var want []im.Entry
	for _, e := range g.model.logs[a].entries {
		at, ok, err := s.Lookup(a, e.ID, 0)
		fine(t, err)
		if live := e.TS >= watermark; ok != live || ok && at != (im.StoredAt{Seq: e.Seq, N: e.N, TS: e.TS}) {
			t.Fatalf("lookup of %q: %+v, %v, want it %v", e.ID, at, ok, live)
		}
		if e.TS >= watermark {
			want = append(want, e)
		}
	}
	got, err := s.Read(a, 0, 0, 1000)
	fine(t, err)
	same(t, "read", fmt.Sprint(got), fmt.Sprint(want))
}
