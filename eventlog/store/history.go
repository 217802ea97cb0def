package store

import (
	"errors"
	"math"

	"github.com/parley-im/parley/im"
)

// History returns the messages (N > 0) of a below before with horizon <= TS, newest first, at most limit. horizon is the
// oldest stamp that the reader may see; messages up to the floor are hidden, too. Where in a log a page begins does not matter to what it costs.
func (s *Store) History(a im.Address, before im.Before, horizon im.Millis, limit int) (_ []im.Entry, err error) {
	r, err := s.read(a)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.end()) }()
	h, err := s.head(r, a)
	if err != nil || h.Seq == 0 || limit <= 0 {
		return nil, err
	}
	p := page{before: before, horizon: max(horizon, r.watermark), floor: h.floor, limit: limit}
	_, err = p.read(s, r, a, &h)
	return p.messages, err
}

// page is what a reader of history asks for, and gets.
type page struct {
	before   im.Before
	horizon  im.Millis
	floor    uint64
	limit    int
	messages []im.Entry
}

// read fills the page, and returns the number of seeks and of entries that it took.
func (p *page) read(s *Store, r *moment, a im.Address, h *head) (steps int, err error) {
	err = s.walk(r, a, r.watermark, func(l *log) error {
		newest := s.lengths.bucket(l.class, min(p.top()-1, h.TS))
		err := l.backward(newest, s.lengths.bucket(l.class, max(p.horizon, h.firstTS)), p.holds, p.add)
		steps = l.steps
		return err
	})
	return steps, err
}

// top is the stamp that all messages of the page are below.
func (p *page) top() im.Millis {
	if p.before.TS > 0 {
		return p.before.TS
	}
	return math.MaxInt64
}

// holds reports whether e is below the bound. As stamps and numbers grow with seq, all that come before e are then, too; an entry
// that is no message counts as the last one before it.
func (p *page) holds(e *event) bool { return p.before.Admits(e.TS, e.n) }

// add takes e, if it is a message, and reports whether there may be more.
func (p *page) add(e event) (bool, error) {
	if e.TS < p.horizon || e.n <= p.floor {
		return false, nil
	}
	if e.N > 0 {
		p.messages = append(p.messages, e.kept())
	}
	return len(p.messages) < p.limit, nil
}

// backward visits the entries for which below holds, newest first, beginning in the given bucket, until visit returns false or no
// bucket at or after oldest is left. Where below holds, it holds for all older entries.
func (l *log) backward(bucket, oldest im.Millis, below func(*event) bool, visit func(event) (bool, error)) error {
	for l.enter(bucket); l.bucket >= oldest; {
		if err := l.toLast(below); err != nil {
			return err
		}
		for ; l.here(); l.it.Prev() {
			if more, err := l.visit(visit); err != nil || !more {
				return err
			}
		}
		if !l.previousBucket() {
			break
		}
	}
	return l.it.Error()
}

// toLast goes to the last entry of the bucket for which below holds, or to what lies before the bucket's first entry. It halves the
// bucket by seq, so it reads no more entries than the number of them has bits.
func (l *log) toLast(below func(*event) bool) error {
	l.seekLT(after(l.prefix))
	if ok, err := l.holds(below); ok || err != nil || !l.here() {
		return err
	}
	high := l.seq()
	l.seekSeq(0)
	if ok, err := l.holds(below); !ok || err != nil {
		l.seekLT(l.prefix)
		return err
	}
	low := l.seq()
	for high-low > 1 { // low is below, high is not
		mid := low + (high-low)/2
		l.seekSeq(mid)
		ok, err := l.holds(below)
		switch {
		case err != nil:
			return err
		case ok:
			low = mid
		default:
			high = mid
		}
	}
	l.seekSeq(low)
	return nil
}

// holds reports whether the walk stands on an entry of the address in its bucket for which below holds.
func (l *log) holds(below func(*event) bool) (bool, error) {
	if !l.here() {
		return false, l.it.Error()
	}
	e, err := eventAt(l.it, len(l.prefix))
	return err == nil && below(&e), err
}
