package eventlog_test

import (
	"fmt"
	"slices"

	"github.com/parley-im/parley/im"
)

// look reads something.
func (w *windowWorld) look(n *noted) {
	w.t.Helper()
	limit := 1 + w.rng.IntN(10)
	switch w.rng.IntN(4) {
	case 0:
		w.checkLoad(n)
	case 1:
		w.checkRead(n, w.rng.Uint64N(uint64(len(n.entries))+2), limit)
	case 2:
		if len(w.usedIDs) > 0 {
			w.checkID(n, w.usedIDs[w.rng.IntN(len(w.usedIDs))])
		}
	default:
		w.checkHistory(n, w.before(n), limit)
	}
}

// before is a bound of a page of history: none, one near an entry, or a far one.
func (w *windowWorld) before(n *noted) (b im.Before) {
	if len(n.entries) == 0 {
		return b
	}
	e := n.entries[w.rng.IntN(len(n.entries))]
	if w.rng.IntN(2) == 0 {
		b.TS = e.TS + im.Millis(w.rng.IntN(3)) - 1
	}
	if w.rng.IntN(2) == 0 {
		b.N = e.N + w.rng.Uint64N(3)
	}
	return b
}

func (w *windowWorld) checkHistory(n *noted, before im.Before, limit int) {
	w.t.Helper()
	got, err := w.l.History(w.t.Context(), n.addr, before, limit)
	w.same(n, fmt.Sprintf("%d of its history before %+v", limit, before), show(got), show(n.history(w.limits(n.addr), before, limit)), err)
	got, err = w.l.StaleHistory(n.addr, before, limit)
	w.same(n, fmt.Sprintf("%d of its stale history before %+v", limit, before), show(got), show(n.history(w.limits(n.addr), before, limit)), err)
}

func (w *windowWorld) checkRead(n *noted, after uint64, limit int) {
	w.t.Helper()
	got, err := w.l.Read(w.t.Context(), n.addr, after, limit)
	w.same(n, fmt.Sprintf("%d entries after %d", limit, after), show(got), show(n.read(w.limits(n.addr), after, limit)), err)
}

// checkID reports whether an id is known.
func (w *windowWorld) checkID(n *noted, id string) (known bool) {
	w.t.Helper()
	at, ok, err := w.l.Lookup(n.addr, id)
	if !ok {
		at = im.StoredAt{}
	}
	want, known := n.lookup(w.limits(n.addr), id)
	w.same(n, "id "+id, []string{fmt.Sprint(at, ok)}, []string{fmt.Sprint(want, known)}, err)
	return known
}

func (w *windowWorld) checkLoad(n *noted) {
	w.t.Helper()
	got, err := loadNow(w.l, n.addr)
	want := n.load(w.limits(n.addr))
	w.same(n, "its load", showLoad(&got), showLoad(&want), err)
	if slices.ContainsFunc(slices.Concat(got.Tail, got.Untold), func(e im.Entry) bool { return e.N > 0 && len(e.Body) == 0 }) {
		w.steps["loads of what was carried"]++
	}
}

func showLoad(l *im.Load) []string {
	lines := []string{fmt.Sprintf("%+v %+v snapshot %.40q and %d bytes", l.Head, l.Owed, l.Snapshot, len(l.Snapshot)), "tail"}
	lines = append(lines, show(l.Tail)...)
	lines = append(lines, "untold")
	return append(lines, show(l.Untold)...)
}

func (w *windowWorld) same(n *noted, what string, got, want []string, err error) {
	w.t.Helper()
	if err != nil || !slices.Equal(got, want) {
		w.t.Fatalf("%s: %s: %v\n got %q\nwant %q\nunder %+v", n.addr, what, err, got, want, w.limits(n.addr))
	}
}
