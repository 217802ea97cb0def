package fanout

import (
	"bytes"
	"sync/atomic"
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

// ear implements swarm.Ear: it accounts for what the members hear. But for heard, its fields are read when the swarm is
// closed.
type ear struct {
	run *run
	// heard counts first deliveries, probes not included.
	heard atomic.Int64

	// now is when the bytes at hand arrived, from and to are the bounds of the measurement.
	now, from, to time.Duration
	// fresh counts the first deliveries among them.
	fresh int64

	// measured counts the first deliveries that arrived between from and to.
	measured int64
	latency  *hdr.Histogram

	doubled, outOfOrder, stray int64
}

// Begin implements swarm.Ear.
func (e *ear) Begin() {
	e.now = e.run.now()
	e.from, e.to = time.Duration(e.run.from.Load()), time.Duration(e.run.to.Load())
}

// End implements swarm.Ear.
func (e *ear) End() {
	if e.from <= e.now && e.now < e.to {
		e.measured += e.fresh
	}
	e.heard.Add(e.fresh)
	e.fresh = 0
}

// Hear implements swarm.Ear.
func (e *ear) Hear(number int, packet []byte) {
	i := bytes.Index(packet, e.run.mark)
	if i < 0 {
		e.run.hearOther(number, packet)
		return
	}
	body := packet[i+len(e.run.mark)-markBytes:]
	if size := e.run.opts.Size; len(body) <= size || body[size] != '"' {
		e.stray++
		return
	}
	e.message(&e.run.members[number], parseHeader(body[markBytes:]))
}

func (e *ear) message(m *member, h header) {
	s := m.stream(h.sender)
	if s == nil {
		e.stray++
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
	e.fresh++
	if e.from <= h.due && h.due < e.to {
		record(e.latency, e.now-h.due)
	}
	if e.run.window != nil {
		e.run.window.delivered(h.slot)
	}
}

// member is one who hears. It belongs to whoever reads its connection.
type member struct {
	// streams are what it has heard from the senders of its room, whose numbers begin with first.
	streams []stream
	first   uint32
	// self is its own place among them; -1 = it does not speak.
	self int
	// settled says that it has heard a probe.
	settled bool
}

// stream returns the stream of a sender that m is to hear, or nil: nobody hears other rooms or itself.
func (m *member) stream(sender uint32) *stream {
	i := int(sender - m.first)
	if sender < m.first || i >= len(m.streams) || i == m.self {
		return nil
	}
	return &m.streams[i]
}
