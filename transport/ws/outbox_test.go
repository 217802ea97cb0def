package ws

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// outboxModel is an outbox done the dumb way: every byte that is to go out, and where frames begin.
type outboxModel struct {
	outbox
	// wire is what the system took, want what it must have taken by now or must take later.
	wire, want []byte
	// marks are the lengths of want at which a frame ends; a pong goes in at the next one that is not passed.
	marks []int
	pong  []byte
	last  bool
}

// What goes out is what was put in, in order and whole, however much of it the system takes at a time; pongs go between frames,
// the newest only; replace keeps what has been begun. Checked by breaking it: without begun in next, replace or wrote.
func TestOutbox_AgreesWithTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &outboxModel{}
		t.Repeat(map[string]func(*rapid.T){
			"push": m.push, "begin": m.begin, "pong": m.setPongs, "write": m.write, "replace": m.replaceAll, "finish": m.finishIt, "": m.compare,
		})
		for !m.isEmpty() {
			m.write(t)
			m.compare(t)
		}
		if !bytes.Equal(m.wire, m.want) || m.cost() != 0 || m.queued != m.written {
			t.Fatalf("%q went out, want %q; %d bytes left, %d of %d written", m.wire, m.want, m.cost(), m.written, m.queued)
		}
	})
}

var modelFrames = rapid.SliceOfN(rapid.Byte(), 1, 5)

const modelLimit = 200

func (m *outboxModel) push(t *rapid.T) {
	frame := modelFrames.Draw(t, "frame")
	had := m.cost()
	fits := had == 0 || had+len(frame)+frameOverhead <= modelLimit
	if ok := m.outbox.push(frame, modelLimit); ok != (fits || m.last) {
		t.Fatalf("push = %v with %d bytes there", ok, had)
	}
	if fits && !m.last {
		m.expect(frame)
	}
}

func (m *outboxModel) expect(frame []byte) {
	m.want = append(m.want, frame...)
	m.marks = append(m.marks, len(m.want))
}

// begin is what a connection does when nothing waits: it writes first.
func (m *outboxModel) begin(t *rapid.T) {
	if !m.isEmpty() || m.last {
		return
	}
	frame := modelFrames.Draw(t, "frame")
	n := rapid.IntRange(0, len(frame)).Draw(t, "taken")
	m.expect(frame)
	m.wire = append(m.wire, frame[:n]...)
	if n == len(frame) {
		m.passed(n)
		return
	}
	m.outbox.begin(frame, n)
}

func (m *outboxModel) setPongs(t *rapid.T) {
	frame := modelFrames.Draw(t, "pong")
	m.setPong(frame)
	if !m.last {
		m.pong = frame
	}
}

// write lets the system take some of what is next.
func (m *outboxModel) write(t *rapid.T) {
	if m.isEmpty() {
		return
	}
	m.expectPong()
	pieces := bytes.Join(m.next(nil), nil)
	n := rapid.IntRange(0, len(pieces)).Draw(t, "taken")
	m.wire = append(m.wire, pieces[:n]...)
	m.wrote(n)
}

// expectPong puts the pong where it must go out: before the first frame that is not begun, if none is begun.
func (m *outboxModel) expectPong() {
	if m.pong == nil || m.begun > 0 {
		return
	}
	at := len(m.wire)
	if at == 0 && len(m.marks) > 0 {
		at = m.marks[0] // the answer to the handshake goes first
	}
	m.want = append(m.want[:at:at], append(bytes.Clone(m.pong), m.want[at:]...)...)
	for i, mark := range m.marks {
		if mark > at {
			m.marks[i] = mark + len(m.pong)
		}
	}
	m.marks = append(m.marks, at+len(m.pong))
	m.pong = nil
}

func (m *outboxModel) replaceAll(t *rapid.T) {
	if m.last {
		return
	}
	end := len(m.wire) // of what is kept
	if !m.isEmpty() && m.begun > 0 {
		end = len(m.want)
		for _, mark := range m.marks {
			if mark > len(m.wire) {
				end = min(end, mark)
			}
		}
	}
	m.want = m.want[:end]
	frame := modelFrames.Draw(t, "last")
	m.replace(frame)
	m.expect(frame)
	m.pong, m.last = nil, true
}

func (m *outboxModel) finishIt(t *rapid.T) {
	frame := modelFrames.Draw(t, "last")
	m.finish(frame)
	if !m.last {
		m.expect(frame)
	}
	m.last = true
}

func (m *outboxModel) compare(t *rapid.T) {
	if !bytes.HasPrefix(m.want, m.wire) {
		t.Fatalf("%q went out, want the beginning of %q", m.wire, m.want)
	}
}

// BenchmarkOutbox_Drain asks what a frame costs that waited among others, by their number: the same, however many there are.
func BenchmarkOutbox_Drain(b *testing.B) {
	for _, waiting := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprint(waiting), func(b *testing.B) {
			var pieces [maxVector][]byte
			frame := make([]byte, 7)
			for b.Loop() {
				var o outbox
				for range waiting {
					o.add(frame)
				}
				for !o.isEmpty() {
					o.wrote(len(frame) * len(o.next(pieces[:0])))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(waiting), "ns/frame")
		})
	}
}
