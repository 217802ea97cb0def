package fanout

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"github.com/parley-im/parley/bench/swarm"
)

// voice is one who speaks. It belongs to the goroutine that says with it.
type voice struct {
	// member is the number of the speaker among the members, sender that among the senders.
	member int
	sender uint32
	// packet is a `say` to the room; its body begins at body.
	packet []byte
	body   int
	// sent is how many broadcasts were said.
	sent atomic.Uint32
	// measured is how many of them were due while it was measured; delay is how long after that they were said.
	measured int64
	delay    *hdr.Histogram
	// unsent is how many were due in an open load and not said.
	unsent int64
}

func newVoice(member int, sender uint32, room string, mark []byte, size int) *voice {
	v := &voice{member: member, sender: sender, delay: newDelays()}
	v.packet, v.body = sayPacket(room, mark)
	for len(v.packet) < v.body+size {
		v.packet = append(v.packet, filler)
	}
	v.packet = append(v.packet, `"}}]`...)
	return v
}

// newDelays is coarser than the histogram of latencies, since every voice has one.
func newDelays() *hdr.Histogram { return hdr.New(1, maxLatency, 1) }

// sayPacket returns a `say` up to and including mark, which begins the body, and where that body begins.
func sayPacket(room string, mark []byte) (packet []byte, body int) {
	packet = fmt.Appendf(nil, `42/chat,["say",{"to":{"id":%q,"type":2},"content":{"media":0,%s`, room, mark)
	return packet, len(packet) - markBytes
}

// say says one broadcast, due at due.
func (r *run) say(v *voice, due time.Duration, slot uint32) error {
	if from, to := r.from.Load(), r.to.Load(); from <= int64(due) && int64(due) < to {
		v.measured++
		record(v.delay, r.now()-due)
	}
	header{sender: v.sender, slot: slot, seq: v.sent.Load(), due: due}.put(v.packet[v.body:])
	v.sent.Add(1) // before it can be heard
	return r.swarm.Send(v.member, v.packet)
}

// speak says what there is to say. The error is that of the connection.
func (r *run) speak(ctx context.Context, v *voice, s schedule) error {
	if r.window == nil {
		return r.sayOpen(ctx, v, s)
	}
	swarm.Sleep(ctx, s.begin-r.now())
	return r.sayClosed(ctx, v)
}

// sayClosed says whenever the window has room, until the measurement is over or ctx ends.
func (r *run) sayClosed(ctx context.Context, v *voice) error {
	for {
		slot, ok := r.window.take(ctx, r.opts.Members-1)
		due := r.now()
		if !ok || int64(due) >= r.to.Load() {
			return nil
		}
		if err := r.say(v, due, slot); err != nil {
			return err
		}
	}
}

// sayOpen says what the schedule has for it, late rather than never, until the measurement is over or ctx ends.
func (r *run) sayOpen(ctx context.Context, v *voice, s schedule) error {
	i := 0
	defer func() { v.unsent = s.between(i, time.Duration(r.to.Load())) }()
	for ; int64(s.due(i)) < r.to.Load() && swarm.Sleep(ctx, s.due(i)-r.now()); i++ {
		if err := r.say(v, s.due(i), 0); err != nil {
			return err
		}
	}
	return nil
}
