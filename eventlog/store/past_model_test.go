package store

import (
	"fmt"

	"github.com/parley-im/parley/im"
)

// pastLog is what the model knows of one address: all that it ever had since it was last forgotten, and how much of it is needed.
type pastLog struct {
	entries     []im.Entry // entry seq is at seq-1
	snapSeq     uint64
	state       string
	owed        im.Owed
	floor       uint64
	gone        bool
	carriedLast uint64
}

func (l *pastLog) seq() uint64 { return uint64(len(l.entries)) }

func (l *pastLog) last() (h im.Head) {
	h.Seq, h.SnapSeq = l.seq(), l.snapSeq
	for _, e := range l.entries {
		h.N, h.TS = max(h.N, e.N), e.TS
	}
	if l.snapSeq > 0 {
		h.SnapTS = l.entries[l.snapSeq-1].TS
	}
	return h
}

// need is the first entry that a load must have.
func (l *pastLog) need() uint64 {
	if l.owed.First > 0 {
		return min(l.owed.First, l.snapSeq+1)
	}
	return l.snapSeq + 1
}

// trim forgets what was carried, and is not needed any more.
func (l *pastLog) trim() {
	if l.need() > l.carriedLast {
		l.carriedLast = 0
	}
}

// carried is how many entries are kept for replay only.
func (l *pastLog) carried() uint64 {
	if l.carriedLast == 0 {
		return 0
	}
	return l.carriedLast - l.need() + 1
}

// uncovered reports whether the next expire would lose something.
func (l *pastLog) uncovered(watermark, before im.Millis) bool {
	for _, e := range l.entries {
		if e.Seq >= l.need() && e.Seq > l.carriedLast && e.TS >= watermark && e.TS < before {
			return true
		}
	}
	return false
}

// load is what a load returns: messages that have expired have no id and no body.
func (l *pastLog) load(watermark im.Millis) (out im.Load) {
	if l.seq() == 0 {
		return out
	}
	out.Head, out.Owed = l.last(), l.owed
	if l.snapSeq > 0 {
		out.Snapshot = []byte(l.state)
	}
	for _, e := range l.entries[l.need()-1:] {
		if e.TS < watermark && e.N > 0 {
			e.ID, e.Body = "", []byte{}
		}
		if e.Seq <= l.snapSeq {
			out.Untold = append(out.Untold, e)
		} else {
			out.Tail = append(out.Tail, e)
		}
	}
	return out
}

// history is the dumb way to answer Store.History.
func (l *pastLog) history(before im.Before, horizon im.Millis, limit int) (out []im.Entry) {
	for i := len(l.entries) - 1; i >= 0 && len(out) < limit; i-- {
		if e := l.entries[i]; e.N > l.floor && e.TS >= horizon && before.Admits(e.TS, e.N) {
			out = append(out, e)
		}
	}
	return out
}

// past is the model of a shard: what its commands do, without a disk, and without buckets but for marks.
type past struct {
	logs  map[im.Address]*pastLog
	marks [len(classes)]Marks
}

func newPast(addrs []im.Address) *past {
	p := &past{logs: map[im.Address]*pastLog{}}
	for _, a := range addrs {
		p.logs[a] = &pastLog{}
	}
	return p
}

func (p *past) append(a *im.Append) bool {
	l := p.logs[a.Addr]
	if a.Entries[0].TS < p.marks[ClassOf(a.Addr)].Sealed || a.Expected != l.seq() {
		return false
	}
	l.gone = a.Gone
	for _, e := range a.Entries {
		e.Seq = l.seq() + 1
		l.entries = append(l.entries, e)
		if e.Owes {
			if l.owed.Last = e.Seq; l.owed.First == 0 {
				l.owed.First = e.Seq
			}
		}
	}
	if l.floor = max(l.floor, a.Floor); a.Final != nil {
		l.snapSeq, l.state = l.seq(), string(a.Final)
		l.trim()
	}
	return true
}

func (p *past) snapshot(a im.Address, seq uint64, state string) {
	if l := p.logs[a]; seq > l.snapSeq {
		l.snapSeq, l.state = seq, state
		l.trim()
	}
}

func (p *past) told(a im.Address, through uint64) {
	l := p.logs[a]
	switch {
	case l.owed.First == 0 || through < l.owed.First:
	case through >= l.owed.Last:
		l.owed = im.Owed{}
	default:
		l.owed.First = through + 1
	}
	l.trim()
}

func (p *past) carry(a im.Address) bool {
	l := p.logs[a]
	for _, e := range l.entries {
		if e.Seq >= l.need() && e.TS < p.marks[ClassOf(a)].Sealed {
			l.carriedLast = max(l.carriedLast, e.Seq)
		}
	}
	return l.seq() > 0
}

func (p *past) bury(a im.Address) bool {
	l := p.logs[a]
	if !l.gone || l.owed.First > 0 || l.last().TS >= p.marks[ClassOf(a)].Watermark {
		return false
	}
	p.logs[a] = &pastLog{}
	return true
}

// move moves a mark.
func (p *past) move(expire bool, c Class, before im.Millis, l *lengths) bool {
	if !l.isStart(c, before) || expire && before > p.marks[c].Sealed {
		return false
	}
	if expire {
		p.marks[c].Watermark = max(p.marks[c].Watermark, before)
	} else {
		p.marks[c].Sealed = max(p.marks[c].Sealed, before)
	}
	return true
}

// left is what Store.Left returns.
func (p *past) left() string {
	carried, graves := uint64(0), 0
	for _, l := range p.logs {
		if carried += l.carried(); l.gone {
			graves++
		}
	}
	return fmt.Sprint(carried, " ", graves)
}
