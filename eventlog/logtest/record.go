package logtest

import (
	"slices"

	"github.com/parley-im/parley/im"
)

// record is the log of one address, written for clarity: the conformance suite holds the real one to it.
type record struct {
	head    im.Head
	entries []im.Entry // entries[i].Seq == i+1
	state   []byte     // as of head.SnapSeq; nil = none
	owes    im.Owed
	ids     map[string]im.StoredAt
	floor   uint64     // messages with N <= floor are hidden
	public  *im.Record // what searches find; nil = nothing
	gone    bool       // the last append was the address's end
}

// publish takes what a stored append brings beside its entries.
func (r *record) publish(changed bool, public *im.Record, floor uint64) {
	if changed {
		r.public = public
	}
	r.floor = max(r.floor, floor)
}

func (r *record) append(epoch im.Epoch, expected uint64, entries []im.Entry) bool {
	if epoch.Less(r.head.Epoch) || expected != r.head.Seq {
		return false
	}
	h := r.head
	for _, e := range entries {
		if e.TS <= h.TS || e.N != 0 && e.N != h.N+1 {
			return false
		}
		h.TS, h.N = e.TS, max(h.N, e.N)
	}
	for _, e := range entries {
		r.add(e)
	}
	r.head.N, r.head.TS, r.head.Epoch = h.N, h.TS, epoch
	return true
}

func (r *record) add(e im.Entry) {
	r.head.Seq++
	e.Seq, e.Body = r.head.Seq, slices.Clone(e.Body)
	r.entries = append(r.entries, e)
	if e.ID != "" {
		r.ids[e.ID] = im.StoredAt{Seq: e.Seq, N: e.N, TS: e.TS}
	}
	if e.Owes {
		if r.owes.First == 0 {
			r.owes.First = e.Seq
		}
		r.owes.Last = e.Seq
	}
}

func (r *record) snapshot(epoch im.Epoch, seq uint64, ts im.Millis, state []byte) bool {
	if epoch.Less(r.head.Epoch) || seq > r.head.Seq || ts > r.head.TS {
		return false
	}
	if seq > r.head.SnapSeq {
		r.head.SnapSeq, r.head.SnapTS, r.head.Epoch, r.state = seq, ts, epoch, append([]byte{}, state...)
	}
	return true
}

func (r *record) told(through uint64) {
	switch {
	case r.owes.First == 0:
	case through >= r.owes.Last:
		r.owes = im.Owed{}
	default:
		r.owes.First = max(r.owes.First, through+1)
	}
}

func (r *record) load() im.Load {
	l := im.Load{Head: r.head, Snapshot: slices.Clone(r.state), Owed: r.owes}
	if r.state == nil {
		l.Head.SnapSeq, l.Head.SnapTS = 0, 0
	}
	l.Tail = copied(r.entries[l.Head.SnapSeq:])
	if r.owes.First > 0 && r.owes.First <= l.Head.SnapSeq {
		l.Untold = copied(r.entries[r.owes.First-1 : l.Head.SnapSeq])
	}
	return l
}

func (r *record) history(before im.Before, horizon im.Millis, limit int) []im.Entry {
	var out []im.Entry
	for _, e := range slices.Backward(r.entries) {
		if len(out) >= limit || e.TS < horizon {
			break
		}
		if e.N > r.floor && before.Admits(e.TS, e.N) {
			out = append(out, e)
		}
	}
	return copied(out)
}

func (r *record) read(after uint64, horizon im.Millis, limit int) []im.Entry {
	var out []im.Entry
	for _, e := range r.entries {
		if len(out) >= limit {
			break
		}
		if e.Seq > after && (e.N == 0 || e.TS >= horizon) {
			out = append(out, e)
		}
	}
	return copied(out)
}

// copied returns entries with bodies of their own.
func copied(entries []im.Entry) []im.Entry {
	out := slices.Clone(entries)
	for i := range out {
		out[i].Body = slices.Clone(out[i].Body)
	}
	return out
}

func checkAppend(a *im.Append) error {
	const op = "logtest.append"
	if !a.Addr.Valid() || len(a.Entries) == 0 || a.Gone && a.Final == nil {
		return im.E(op, im.Invalid, "")
	}
	if len(a.Final) > im.MaxFinal {
		return im.E(op, im.TooLong, "")
	}
	for i, e := range a.Entries {
		switch {
		case e.TS <= 0 || e.Seq != 0 && e.Seq != a.Expected+uint64(i)+1:
			return im.E(op, im.Invalid, "")
		case len(e.ID) > im.MaxMessageIDLen || len(e.Body) > maxBody:
			return im.E(op, im.TooLong, "")
		}
	}
	if a.Record != nil {
		if err := checkRecord(op, a.Record); err != nil {
			return err
		}
	}
	if appendSize(a) > maxAppend {
		return im.E(op, im.TooLong, "")
	}
	return nil
}

func appendSize(a *im.Append) int {
	n := len(a.Addr.App) + len(a.Addr.ID) + len(a.Final) + 48
	for i := range a.Entries {
		n += len(a.Entries[i].ID) + len(a.Entries[i].Body) + 32
	}
	if a.Record != nil {
		n += len(a.Record.Body)
		for _, f := range a.Record.Fields {
			n += len(f.Name) + len(f.Text) + 8
		}
	}
	return n
}
