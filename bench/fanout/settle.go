package fanout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// probeEvery is the time between two probes of a room whose members do not all hear yet.
	probeEvery = 250 * time.Millisecond
	// settleTimeout bounds the time until they do.
	settleTimeout = 60 * time.Second
)

// makeRooms puts the members into their rooms, and finds the voices.
func (r *run) makeRooms(ctx context.Context) error {
	p := phase{name: "making rooms"}
	if r.opts.Rooms > 1 {
		p.total, p.count = int64(r.opts.Rooms), r.made.Load
	}
	r.enter(p)
	for room := range r.opts.Rooms {
		first := room * r.opts.Members
		members := make([]int, r.opts.Members)
		for i := range members {
			members[i] = first + i
		}
		if err := r.proto.Join(ctx, room, members, r.sockets.Write); err != nil {
			return err
		}
		r.made.Add(1)
		for i := range r.opts.Senders {
			r.voices = append(r.voices, newVoice(first+i, room, uint32(len(r.voices)), r.mark, r.opts.Size))
		}
	}
	return nil
}

// settle sends probes until every member has heard one. A membership is known to the server when it says so, but not
// necessarily to all its parts.
func (r *run) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	total := int64(r.opts.Rooms * (r.opts.Members - 1))
	r.enter(phase{name: "settling", total: total, count: r.settled.Load})
	tick := time.NewTicker(look)
	defer tick.Stop()
	for next := r.now(); r.settled.Load() < total; {
		if r.now() >= next {
			next = r.now() + probeEvery
			if err := r.sendProbes(); err != nil {
				return err
			}
		}
		select {
		case <-tick.C:
		case <-r.whole.Done():
			return r.trouble()
		case <-ctx.Done():
			return r.unsettled(ctx.Err(), total)
		}
	}
	return nil
}

// sendProbes lets one member of each room say a probe, with an answer asked for.
func (r *run) sendProbes() error {
	for room := range r.opts.Rooms {
		if err := r.sockets.Write(room*r.opts.Members, r.proto.Publish(nil, room, r.probe, true)); err != nil {
			return fmt.Errorf("say a probe: %w", err)
		}
	}
	return nil
}

// unsettled says why not all members hear.
func (r *run) unsettled(cause error, total int64) error {
	if !errors.Is(cause, context.DeadlineExceeded) {
		return cause
	}
	err := fmt.Errorf("%d of %d members hear nothing of what is said to their room", total-r.settled.Load(), total)
	if why := r.refusal.Load(); why != nil {
		err = fmt.Errorf("%w; the server answers %s", err, *why)
	}
	return err
}

// hearOther takes what holds no measured message: a probe, or the answer to one.
func (r *run) hearOther(number int, f Frame) {
	switch m := &r.members[number]; {
	case f.Refused:
		why := string(f.Payload)
		r.refusal.Store(&why)
	case m.settled || m.streams == nil || !bytes.Contains(f.Payload, r.probe):
	case number%r.opts.Members != 0: // the first of a room sends them, and is not one of those who are to hear
		m.settled = true
		r.settled.Add(1)
	}
}
