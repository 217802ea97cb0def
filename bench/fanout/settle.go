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
	settleTimeout = 30 * time.Second
)

// makeRooms puts the members into their rooms, and finds the voices.
func (r *run) makeRooms(ctx context.Context) error {
	p := phase{name: "making rooms"}
	if r.opts.Rooms > 1 {
		p.total, p.count = int64(r.opts.Rooms), r.made.Load
	}
	r.enter(p)
	for first := 0; first < len(r.members); first += r.opts.Members {
		names := make([]string, r.opts.Members)
		for i := range names {
			names[i] = user(first + i)
		}
		room, err := r.rest.createRoom(ctx, names)
		if room != "" {
			r.rooms = append(r.rooms, room)
		}
		if err != nil {
			return err
		}
		r.made.Add(1)
		for i := range r.opts.Senders {
			r.voices = append(r.voices, newVoice(first+i, uint32(len(r.voices)), room, r.mark, r.opts.Size))
		}
	}
	return nil
}

// settle sends probes until every member has heard one. A membership is known to the server when it says so, but not
// necessarily to all its parts.
func (r *run) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	total := int64(len(r.members) - r.opts.Rooms)
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
	for i, room := range r.rooms {
		packet, _ := sayPacket(room, r.probe)
		packet = append(bytes.Replace(packet, []byte(`42/chat,`), []byte(`42/chat,1`), 1), `"}}]`...)
		if err := r.swarm.Send(i*r.opts.Members, packet); err != nil {
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

var (
	answerStart = []byte("43/chat,")
	refused     = []byte(`"success":false`)
)

// hearOther takes what is no measured message: a probe, or the answer to one.
func (r *run) hearOther(number int, packet []byte) {
	switch m := &r.members[number]; {
	case bytes.Contains(packet, r.probe):
		// The first of a room sends them, and is not one of those who are to hear.
		if !m.settled && number%r.opts.Members != 0 {
			m.settled = true
			r.settled.Add(1)
		}
	case bytes.HasPrefix(packet, answerStart) && bytes.Contains(packet, refused):
		why := string(packet)
		r.refusal.Store(&why)
	}
}
