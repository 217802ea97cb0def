package engineio

import (
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/parley-im/parley/transport/engineio/payload"
	"github.com/parley-im/parley/transport/ws"
)

// framingOf returns the framing of answers to who shook hands like that.
func framingOf(h Handshake) payload.Framing {
	switch {
	case h.Revision == Rev4:
		return payload.Text4
	case h.B64:
		return payload.Text3
	}
	return payload.Binary3
}

// serveGet answers a poll with what waits for it, as soon as something does.
func (s *Session) serveGet(w http.ResponseWriter, r *http.Request) *fault {
	g := newExchange(w)
	if f := s.begin(&s.mu.get, g); f != nil {
		return f
	}
	s.beat.packet(Noop) // a poll is a sign of life
	s.answerGet(r, g)
	return nil
}

// answerGet waits until there is something to be told to g, or leaves that to a goroutine that takes less room. A client that
// goes away meanwhile is gone, and so is one that does not take its answer.
func (s *Session) answerGet(r *http.Request, g *exchange) {
	ctx := r.Context()
	var rest <-chan time.Time
	for ctx.Err() == nil {
		frames, told := s.take(g)
		if len(frames) > 0 {
			err := s.answer(g, s.framing.ContentType(), s.body(frames), func() { s.endGet(g) })
			if err != nil {
				s.getFailed(told, err)
			}
			return
		}
		if rest == nil && s.engine.canPark(r) {
			rest = time.After(s.engine.opts.ParkAfter)
		}
		select {
		case <-g.wake:
		case <-rest: // once
			if s.park(r, g) {
				return
			}
		case <-ctx.Done():
		}
	}
	s.endGet(g)
	s.getFailed(false, ctx.Err())
}

// noop lets a poll go that nothing waits for.
var noop = ws.TextFrame([]byte{byte(Noop)})

// take returns what g is to be answered with, nothing while it is to wait. told says that the session's own packets are
// among that.
func (s *Session) take(g *exchange) (frames [][]byte, told bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if frames = s.mu.out.take(); len(frames) > 0 {
		return frames, true
	}
	if g.isLetGo || s.wire.Load() != nil || s.mu.probe.letsGoLocked(g) {
		return [][]byte{noop}, false
	}
	return nil, false
}

// body is the payload of an answer.
func (s *Session) body(frames [][]byte) []byte {
	size := 0
	for _, frame := range frames {
		size += payload.Size(s.framing, ws.Payload(frame))
	}
	body := make([]byte, 0, size)
	for _, frame := range frames {
		body = payload.Append(body, s.framing, ws.Payload(frame))
	}
	return body
}

// endGet makes room for the next poll, and forgets the session if there is nothing left to be polled.
func (s *Session) endGet(g *exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.get == g {
		s.mu.get = nil
	}
	g.parked = nil // whoever wants to rouse it must not touch the connection's next request
	if g.patience != nil {
		g.patience.Stop()
	}
	s.mu.out.written()
	if s.isOverLocked() || s.mu.out.isLast && len(s.mu.out.frames) == 0 {
		s.forgetLocked()
	}
}

// getFailed ends the session of a client that went away. told says that packets were on their way to it: they are lost, so
// the session ends in any case; else an upgrade, under way or done, keeps it.
func (s *Session) getFailed(told bool, err error) {
	reason := ReasonGone
	if told && errors.Is(err, os.ErrDeadlineExceeded) {
		reason = ReasonSlow
	}
	s.mu.Lock()
	kept := !told && (s.wire.Load() != nil || s.mu.probe != nil)
	slow := reason == ReasonSlow && s.mu.reason == ""
	if !kept {
		s.endLocked(reason, false)
	}
	s.mu.Unlock()
	if slow {
		s.engine.opts.WebSocket.OnSlow()
	}
}
