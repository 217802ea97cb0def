package engineio

import (
	"context"
	"errors"
	"net/http"
	"os"

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
	s.beat.packet(Noop) // a poll is a sign of life
	if f := s.beginGet(g); f != nil {
		return f
	}
	s.answerGet(r.Context(), g)
	return nil
}

func (s *Session) beginGet(g *exchange) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.mu.reason != "" && s.mu.linger == nil:
		return faultSID
	case s.wire.Load() != nil:
		return faultRequest
	case s.mu.get != nil:
		s.endLocked(ReasonViolation, false)
		return faultRequest
	}
	s.mu.get = g
	return nil
}

// answerGet waits until there is something to be told to g. A client that goes away meanwhile is gone, and so is one that
// does not take its answer.
func (s *Session) answerGet(ctx context.Context, g *exchange) {
	for ctx.Err() == nil {
		frames, told := s.take(g)
		if len(frames) > 0 {
			err := s.answer(g, s.framing.ContentType(), s.body(frames), func() { s.endGet(g) })
			if err != nil {
				s.getFailed(told, err)
			}
			return
		}
		select {
		case <-g.wake:
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

// endGet makes room for the next poll.
func (s *Session) endGet(g *exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.get == g {
		s.mu.get = nil
	}
	if g.patience != nil {
		g.patience.Stop()
	}
	s.mu.out.written()
	if s.mu.out.isLast && len(s.mu.out.frames) == 0 {
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
