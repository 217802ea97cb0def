package eventlog_test

import (
	"fmt"
	"slices"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// noted is what anybody would note of one address, to tell later what the log must answer. It forgets nothing but what a deleted
// object is forgotten with.
type noted struct {
	addr im.Address
	// entries are all that were stored: entries[i].Seq is i+1.
	entries []im.Entry
	epoch   im.Epoch
	// state is as of entry stateAt, 0 = there is none.
	stateAt uint64
	state   []byte
	// owes are those that have something to tell and have not, from the first to the last.
	owes  im.Owed
	floor uint64
	gone  bool
	ids   map[string]im.StoredAt
	// public says that searches find it.
	public bool
}

// limits are what hides entries: all that is older than the window is a message no more, and what lies before the watermark is there no
// more. Nothing is added before the seal. Ids are known as long as the window is, though an app has a shorter one.
type limits struct{ horizon, ids, window, watermark, sealed im.Millis }

func (n *noted) last() (e im.Entry) {
	if len(n.entries) > 0 {
		e = n.entries[len(n.entries)-1]
	}
	return e
}

// numbered returns the number of the last message.
func (n *noted) numbered() uint64 {
	for _, e := range slices.Backward(n.entries) {
		if e.N > 0 {
			return e.N
		}
	}
	return 0
}

// history is all messages that are neither too old nor cleared, newest first.
func (n *noted) history(l limits, before im.Before, limit int) (page []im.Entry) {
	for _, e := range slices.Backward(n.entries) {
		if e.TS < l.watermark || len(page) == limit {
			break
		}
		if e.N > n.floor && e.TS >= l.horizon && before.Admits(e.TS, e.N) {
			page = append(page, e)
		}
	}
	return page
}

// read is all entries that are there, without messages that are too old.
func (n *noted) read(l limits, after uint64, limit int) (page []im.Entry) {
	for _, e := range n.entries[min(after, uint64(len(n.entries))):] {
		if len(page) < limit && e.TS >= l.watermark && (e.N == 0 || e.TS >= l.horizon) {
			page = append(page, e)
		}
	}
	return page
}

// lookup knows an id for a window from now on, or from the last entry on, but nothing before the watermark.
func (n *noted) lookup(l limits, id string) (im.StoredAt, bool) {
	at, ok := n.ids[id]
	oldest := max(min(l.ids, n.last().TS-l.window), l.watermark)
	if !ok || at.TS < oldest {
		return im.StoredAt{}, false
	}
	return at, true
}

// load is the state, and all that comes after it or is owed. Of messages before the watermark that they were is left.
func (n *noted) load(l limits) im.Load {
	last := n.last()
	v := im.Load{Owed: n.owes, Snapshot: n.state}
	v.Head = im.Head{Seq: last.Seq, N: n.numbered(), TS: last.TS, Epoch: n.epoch, SnapSeq: n.stateAt}
	if n.stateAt > 0 {
		v.Head.SnapTS = n.entries[n.stateAt-1].TS
	}
	v.Tail = bare(l, n.entries[n.stateAt:])
	if f := n.owes.First; f > 0 && f <= n.stateAt {
		v.Untold = bare(l, n.entries[f-1:n.stateAt])
	}
	return v
}

func bare(l limits, entries []im.Entry) []im.Entry {
	entries = slices.Clone(entries)
	for i, e := range entries {
		if e.TS < l.watermark && e.N > 0 {
			entries[i].ID, entries[i].Body = "", nil
		}
	}
	return entries
}

// fits reports whether the log must store an append.
func (n *noted) fits(a *im.Append, sealed im.Millis) bool {
	last, number := n.last(), n.numbered()
	if a.Epoch.Less(n.epoch) || a.Expected != last.Seq || a.Entries[0].TS < sealed {
		return false
	}
	for _, e := range a.Entries {
		if e.TS <= last.TS || e.N > 0 && e.N != number+1 {
			return false
		}
		last, number = e, max(number, e.N)
	}
	return true
}

// add notes an append that was stored.
func (n *noted) add(a *im.Append) {
	for _, e := range a.Entries {
		e.Seq = uint64(len(n.entries)) + 1
		n.entries = append(n.entries, e)
		if e.ID != "" {
			n.ids[e.ID] = im.StoredAt{Seq: e.Seq, N: e.N, TS: e.TS}
		}
		if e.Owes && n.owes.First == 0 {
			n.owes.First = e.Seq
		}
		if e.Owes {
			n.owes.Last = e.Seq
		}
	}
	n.epoch, n.floor, n.gone = a.Epoch, max(n.floor, a.Floor), a.Gone
	if a.Final != nil {
		n.stateAt, n.state = n.last().Seq, a.Final
	}
	if a.Record != nil {
		n.public = !a.Record.Gone
	}
}

func (n *noted) snapshot(epoch im.Epoch, seq uint64, state []byte) {
	if seq > n.stateAt {
		n.stateAt, n.state, n.epoch = seq, state, epoch
	}
}

func (n *noted) told(through uint64) {
	switch {
	case through >= n.owes.Last:
		n.owes = im.Owed{}
	default:
		n.owes.First = max(n.owes.First, through+1)
	}
}

// forgettable reports whether a deleted object has outlived the window, and has nothing left to tell.
func (n *noted) forgettable(l limits) bool {
	return n.gone && n.last().TS < l.watermark && n.owes.First == 0
}

func (n *noted) forget() { *n = noted{addr: n.addr, ids: make(map[string]im.StoredAt)} }

// needs is the first entry that a load gives out.
func (n *noted) needs() uint64 {
	if n.owes.First > 0 {
		return min(n.owes.First, n.stateAt+1)
	}
	return n.stateAt + 1
}

// count adds to the keys that the tables of its shard must have. Those of ids are counted elsewhere: they outlive their objects. What
// is sealed may be carried before its time, with what must be.
func (n *noted) count(l limits, keys map[string]uint64) {
	if len(n.entries) == 0 {
		return
	}
	add := func(table string, so bool) {
		if so {
			keys[table]++
		}
	}
	add("heads", true)
	add("graves", n.gone)
	add("owed", n.owes.First > 0)
	add("records", n.public)
	if n.stateAt > 0 {
		keys["snapshots"] += uint64(store.Parts(len(n.state)))
	}
	for _, e := range n.entries {
		add("entries", e.TS >= l.watermark)
		add("carried", e.TS < l.watermark && e.Seq >= n.needs())
		add("carried early", e.TS >= l.watermark && e.TS < l.sealed && e.Seq >= n.needs())
	}
}

// show writes entries down for comparison, and for people.
func show(entries []im.Entry) (lines []string) {
	for _, e := range entries {
		lines = append(lines, fmt.Sprintf("seq %d n %d ts %d id %q owes %v body %.20q and %d bytes", e.Seq, e.N, e.TS, e.ID, e.Owes, e.Body, len(e.Body)))
	}
	return lines
}
