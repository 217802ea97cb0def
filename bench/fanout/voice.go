package fanout

import (
	"bytes"
	"context"
	"sync/atomic"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"github.com/parley-im/parley/bench/swarm"
)

// voice is one who speaks. It belongs to the goroutine that says with it.
type voice struct {
	// member is the number of the speaker among the members, sender that among the senders, room that of its room.
	member, room int
	sender       uint32
	// body is that of the next message, but for its header; frames are those that are to be written.
	body, frames []byte
	// sent is how many broadcasts were said, owed how many deliveries they should come to.
	sent atomic.Uint32
	owed int64
	said [stages]said
}

// said is what was said while it was measured.
type said struct {
	// broadcasts were due; delay is how long after that they were said.
	broadcasts int64
	delay      *hdr.Histogram
	// unsent is how many were due in an open load and not said.
	unsent int64
}

func newVoice(member, room int, sender uint32, mark []byte, size int) *voice {
	v := &voice{member: member, room: room, sender: sender, body: append(bytes.Clone(mark), bytes.Repeat([]byte{filler}, size-len(mark))...)}
	v.body[size-1] = lastByte
	for i := range v.said {
		v.said[i].delay = newDelays()
	}
	return v
}

// newDelays is coarser than the histogram of latencies, since every voice has two.
func newDelays() *hdr.Histogram { return hdr.New(1, maxLatency, 1) }

// say adds one broadcast, due at due, to those that are to be written.
func (r *run) say(v *voice, due time.Duration, slot uint32) {
	if from, to := r.from.Load(), r.to.Load(); from <= int64(due) && int64(due) < to {
		s := &v.said[r.stage.Load()]
		s.broadcasts++
		record(s.delay, r.now()-due)
	}
	header{sender: v.sender, slot: slot, seq: v.sent.Load(), due: due}.put(v.body)
	v.sent.Add(1) // before it can be heard
	v.owed += int64(r.listeners())
	v.frames = r.proto.Publish(v.frames, v.room, v.body, false)
}

// flush writes what was said. The error is that of the connection.
func (r *run) flush(v *voice) error {
	err := r.sockets.Write(v.member, v.frames)
	v.frames = v.frames[:0]
	return err
}

// speak says what there is to say. The error is that of the connection.
func (r *run) speak(ctx context.Context, v *voice, s schedule) error {
	if r.window == nil {
		return r.sayOpen(ctx, v, s)
	}
	swarm.Sleep(ctx, s.begin-r.now())
	return r.sayClosed(ctx, v)
}

// sayClosed says whenever the window has room, until the measurement is over or ctx ends. What may be said at once is written at
// once, as long as there is enough for the other voices.
func (r *run) sayClosed(ctx context.Context, v *voice) error {
	most := max(r.opts.Window/len(r.voices), 1)
	for {
		slot, ok := r.window.take(ctx, v.sender, r.listeners())
		over := !ok
		for n := 1; ok; n++ {
			due := r.now()
			if over = int64(due) >= r.to.Load(); over {
				r.window.giveBack(slot)
				break
			}
			r.say(v, due, slot)
			if n == most {
				break
			}
			slot, ok = r.window.tryTake(v.sender, r.listeners())
		}
		if err := r.flush(v); err != nil || over {
			return err
		}
	}
}

// sayOpen says what the schedule has for it, late rather than never, until the measurement is over or ctx ends.
func (r *run) sayOpen(ctx context.Context, v *voice, s schedule) error {
	i := 0
	defer func() { v.said[r.stage.Load()].unsent = s.between(i, time.Duration(r.to.Load())) }()
	for ; int64(s.due(i)) < r.to.Load() && swarm.Sleep(ctx, s.due(i)-r.now()); i++ {
		r.say(v, s.due(i), 0)
		if err := r.flush(v); err != nil {
			return err
		}
	}
	return nil
}
