package fanout

import (
	"bytes"
	"errors"
	"io"
	"sync/atomic"
	"syscall"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// The histogram of latencies: microseconds up to an hour, three digits.
const (
	latencyUnit   = time.Microsecond
	maxLatency    = int64(time.Hour / latencyUnit)
	latencyDigits = 3
)

func newHistogram() *hdr.Histogram { return hdr.New(1, maxLatency, latencyDigits) }

func record(h *hdr.Histogram, d time.Duration) {
	_ = h.RecordValue(min(max(int64(d/latencyUnit), 0), maxLatency)) // cannot be out of range
}

// stages is how often it is measured at most: while all read, and while some do not.
const stages = 2

// tally is what arrived while it was measured.
type tally struct {
	deliveries int64
	latency    *hdr.Histogram
}

// ear implements readers.Handler: it accounts for what the sockets of one reader receive. But for heard, its fields are read
// when the readers have ended.
type ear struct {
	run *run
	// heard counts first deliveries to those who read, probes not included.
	heard atomic.Int64

	// now is when the bytes at hand arrived, from and to are the bounds of the measurement, tally is what it goes to.
	now, from, to time.Duration
	tally         *tally
	// fresh counts the first deliveries among them.
	fresh int64
	// place is where in a payload the last body was: the next is there, too, as long as the same say it.
	place int

	tallies [stages]tally
	// visits counts what visitors heard.
	visits                     int64
	doubled, outOfOrder, stray int64
}

func newEar(r *run) *ear {
	e := &ear{run: r}
	for i := range e.tallies {
		e.tallies[i].latency = newHistogram()
	}
	return e
}

// Take implements readers.Handler.
func (e *ear) Take(number int, b []byte) (used int, err error) {
	e.now = e.run.now()
	e.from, e.to = time.Duration(e.run.from.Load()), time.Duration(e.run.to.Load())
	e.tally = &e.tallies[e.run.stage.Load()]
	if e.run.members[number].aside.Load() {
		e.run.slow.heard.Add(1)
	}
	for used < len(b) && err == nil {
		var f Frame
		if f, err = e.run.proto.Cut(b[used:]); f.Size == 0 || err != nil {
			break
		}
		used += f.Size
		if f.Answer != nil {
			e.run.answer(number, f.Answer)
		}
		if len(f.Payload) > 0 && !e.scan(number, f.Payload) {
			e.run.hearOther(number, f)
		}
	}
	if e.from <= e.now && e.now < e.to {
		e.tally.deliveries += e.fresh
	}
	e.heard.Add(e.fresh)
	e.fresh = 0
	return used, err
}

// Ended implements readers.Handler.
func (e *ear) Ended(number int, reason error) {
	if e.run.members[number].aside.Load() {
		e.run.slow.ended(ending(reason))
		return
	}
	e.run.cutOff(number, reason)
}

// ending names for results how a connection ended.
func ending(reason error) string {
	var closed *Closed
	switch {
	case errors.As(reason, &closed):
		return closed.code()
	case errors.Is(reason, io.EOF):
		return "closed without a code"
	case errors.Is(reason, syscall.ECONNRESET):
		return "reset"
	default:
		return reason.Error()
	}
}

// scan hears the bodies in a payload; false means that there is none.
func (e *ear) scan(number int, p []byte) (found bool) {
	mark, size := e.run.mark, e.run.opts.Size
	at := e.place
	for {
		if at+len(mark) > len(p) || string(p[at:at+len(mark)]) != string(mark) {
			if at = bytes.Index(p, mark); at < 0 {
				return found
			}
		}
		if !found {
			e.place = at
		}
		found = true
		if len(p) < at+size || p[at+size-1] != lastByte {
			e.stray++
			return true
		}
		e.message(&e.run.members[number], parseHeader(p[at+markBytes:]))
		p, at = p[at+size:], 0
	}
}

func (e *ear) message(m *member, h header) {
	if m.streams == nil {
		e.visits++
		return
	}
	s := m.stream(h.sender)
	if s == nil {
		if !e.run.echoes || int(h.sender-m.first) != m.self {
			e.stray++
		}
		return
	}
	switch s.note(h.seq) {
	case doubled:
		e.doubled++
		return
	case outOfOrder:
		e.outOfOrder++
	case inOrder:
	}
	if m.aside.Load() {
		return
	}
	e.fresh++
	if e.from <= h.due && h.due < e.to {
		record(e.tally.latency, e.now-h.due)
	}
	if e.run.window != nil {
		e.run.window.delivered(h.slot)
	}
}
