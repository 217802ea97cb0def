package eventlog_test

import (
	"bytes"
	"fmt"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// send appends what a writer could: the next entries, now and then with an id that was used before, or with something that must be
// refused.
func (w *windowWorld) send(n *noted) {
	w.t.Helper()
	if n.gone && w.rng.IntN(10) > 0 {
		return // most stay so
	}
	a := w.draw(n)
	for _, e := range a.Entries {
		if e.ID == "" {
			continue
		}
		if w.checkID(n, e.ID) {
			w.steps["known again"]++
			return
		}
	}
	if w.rng.IntN(12) == 0 {
		w.spoil(n, a)
	}
	want := im.Refused
	sealed := w.l.Sealed(n.addr)
	if n.fits(a, sealed) {
		want = im.Stored
	}
	if got := w.append(a); got != want {
		w.t.Fatalf("%s: append of %v at %d of epoch %v is %v, want %v; sealed %d, notes end at %v", n.addr, show(a.Entries), a.Expected, a.Epoch, got, want, sealed, n.last())
	}
	if want == im.Refused {
		w.steps["refused"]++
		return
	}
	w.steps["sent"]++
	w.note(n, a)
}

func (w *windowWorld) append(a *im.Append) im.Outcome {
	w.t.Helper()
	outcome := make(chan im.Outcome, 1)
	a.Done = func(o im.Outcome) { outcome <- o }
	if err := w.l.Append(*a); err != nil {
		w.t.Fatal(err)
	}
	return <-outcome
}

func (w *windowWorld) note(n *noted, a *im.Append) {
	if n.gone {
		w.steps["revived"]++
	}
	n.add(a)
	if n.gone {
		w.steps["deleted"]++
	}
	for _, e := range a.Entries {
		if e.ID != "" {
			window := usualWindow
			if store.ClassOf(n.addr) == store.ClassStrangers {
				window = strangersWindow
			}
			w.idKeys[idKey{n.addr, e.TS - e.TS%window, e.ID}] = true
		}
	}
}

// draw makes the next append of an address.
func (w *windowWorld) draw(n *noted) *im.Append {
	last, number := n.last(), n.numbered()
	a := &im.Append{Addr: n.addr, Epoch: w.epoch(), Expected: last.Seq}
	ts := max(w.l.Now(), w.l.Sealed(n.addr), last.TS+1)
	for i := range 1 + w.rng.IntN(3) {
		w.drawn++
		e := im.Entry{TS: ts + im.Millis(i), Owes: w.rng.IntN(5) == 0, Body: fmt.Appendf(nil, "body %d", w.drawn)}
		if w.rng.IntN(4) > 0 {
			number++
			e.N, e.ID = number, w.id()
		}
		if w.rng.IntN(50) == 0 {
			e.Body = append(e.Body, make([]byte, 20_000)...)
		}
		a.Entries = append(a.Entries, e)
	}
	if len(a.Entries) > 1 && a.Entries[0].ID == a.Entries[1].ID {
		a.Entries[0].ID = ""
	}
	if w.rng.IntN(15) == 0 {
		a.Floor = 1 + w.rng.Uint64N(number+1)
	}
	switch w.rng.IntN(20) {
	case 0:
		a.Final = fmt.Appendf(nil, "state %d", w.drawn)
	case 1:
		a.Final, a.Gone, a.Record = fmt.Appendf(nil, "end %d", w.drawn), true, &im.Record{Gone: true}
	case 2:
		a.Record = &im.Record{TS: ts, Body: fmt.Appendf(nil, "{%d}", w.drawn)}
	}
	return a
}

// id is a new one, none, or one that was used before, perhaps elsewhere or long ago.
func (w *windowWorld) id() string {
	switch w.rng.IntN(5) {
	case 0:
		return ""
	case 1:
		if k := len(w.usedIDs); k > 0 {
			return w.usedIDs[max(0, k-1-w.rng.IntN(300))]
		}
	}
	w.usedIDs = append(w.usedIDs, fmt.Sprint("id", w.drawn))
	return w.usedIDs[len(w.usedIDs)-1]
}

// spoil makes an append one that no writer should make.
func (w *windowWorld) spoil(n *noted, a *im.Append) {
	switch w.rng.IntN(4) {
	case 0:
		a.Epoch.Activation--
	case 1:
		a.Expected++
	case 2:
		a.Entries[0].TS = max(1, n.last().TS)
	default: // sealed, if the last entry is old enough
		a.Entries[0].TS = max(n.last().TS+1, w.l.Sealed(n.addr)-1)
	}
}

func (w *windowWorld) snapshot(n *noted) {
	w.t.Helper()
	if len(n.entries) == 0 {
		return
	}
	e := n.entries[len(n.entries)-1-w.rng.IntN(min(3, len(n.entries)))]
	state := fmt.Appendf(nil, "state at %d of life %d", e.Seq, w.life)
	if w.rng.IntN(10) == 0 {
		state = bytes.Repeat(state, 300<<10/len(state))
	}
	outcome := make(chan im.Outcome, 1)
	err := w.l.Snapshot(n.addr, w.epoch(), e.Seq, e.TS, state, func(o im.Outcome) { outcome <- o })
	if err != nil {
		w.t.Fatal(err)
	}
	if o := <-outcome; o != im.Stored {
		w.t.Fatalf("%s: a snapshot at %d of %d is %v", n.addr, e.Seq, len(n.entries), o)
	}
	w.steps["snapshot"]++
	n.snapshot(w.epoch(), e.Seq, state)
}

func (w *windowWorld) told(n *noted) {
	w.t.Helper()
	if n.owes.First == 0 {
		return
	}
	through := n.owes.First + w.rng.Uint64N(n.owes.Last-n.owes.First+1)
	w.l.Told(n.addr, through)
	if o := w.l.WriteTold(n.addr); o != im.Stored {
		w.t.Fatalf("told cursors are %v", o)
	}
	w.steps["told"]++
	n.told(through)
}
