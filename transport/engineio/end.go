package engineio

import (
	"time"

	"github.com/parley-im/parley/transport/ws"
)

// lingerTime is how long what a closed session has left waits for the client's next poll: many times the way there and
// back.
const lingerTime = 15 * time.Second

// closing is what a poll gets last.
var closing = ws.TextFrame([]byte{byte(Close)})

// Close sends what is queued and ends the session; clients then come back, unless they were told not to. If the session is
// polled and no poll waits, the next one within lingerTime gets what is left, or the WebSocket of an upgrade.
func (s *Session) Close(reason Reason) { s.end(reason, true) }

// end ends the session; the first reason counts. leave says that what is queued is to reach the client.
func (s *Session) end(reason Reason, leave bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endLocked(reason, leave)
}

func (s *Session) endLocked(reason Reason, leave bool) {
	if s.mu.reason != "" {
		return
	}
	s.mu.reason = reason
	s.beat.stop()
	s.mu.post.rouse() // it may wait for its turn, even after an upgrade
	if c := s.wire.Load(); c != nil {
		(*c).Close(ws.CloseNormal) // OnClose follows
		return
	}
	s.endPollsLocked(leave)
	go s.finish() // not here: the caller may hold locks that the handler wants
}

// endPollsLocked lets a waiting poll go. Without leave nothing but the goodbye is left, and only a poll that waits gets
// it.
func (s *Session) endPollsLocked(leave bool) {
	if !leave {
		s.mu.out.drop()
	}
	s.mu.out.finish(closing)
	s.mu.get.rouse()
	switch {
	case leave: // a client that is about to leave polling gets it by its WebSocket
		s.mu.linger = s.engine.opts.Clock.AfterFunc(lingerTime, s.forget)
	case s.mu.probe != nil:
		s.mu.probe.closeLocked()
	}
}

// finish tells the handler that the session is gone.
func (s *Session) finish() {
	defer s.engine.table.end()
	s.mu.Lock()
	reason, lingers := s.mu.reason, s.mu.linger != nil
	s.mu.Unlock()
	if !lingers {
		s.forget()
	}
	s.in.Lock()
	defer s.in.Unlock()
	s.handler.OnClose(reason)
}

// OnClose takes the end of the WebSocket; see ws.Handler.
func (s *Session) OnClose(err error) {
	s.end(reasonOf(err), false)
	s.finish()
}

// forget ends what is left of a session.
func (s *Session) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgetLocked()
}

func (s *Session) forgetLocked() {
	if s.mu.linger != nil {
		s.mu.linger.Stop()
		s.mu.linger = nil
	}
	s.engine.table.forget(s, s.mu.get != nil || s.mu.post != nil)
}

// isOverLocked reports whether the session has ended and keeps nothing for its client.
func (s *Session) isOverLocked() bool { return s.mu.reason != "" && s.mu.linger == nil }

// shutDown ends a session because the server closes; package ws looks after those that have a WebSocket.
func (s *Session) shutDown() {
	s.mu.Lock()
	ended := s.mu.reason != ""
	s.mu.post.stopReading()
	if s.wire.Load() == nil {
		s.endLocked(ReasonShutdown, false)
	}
	s.mu.Unlock()
	if ended {
		s.forget() // nobody comes for what is left
	}
}

// cut lets go of the requests in progress.
func (s *Session) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.isCut = true
	s.mu.get.cut()
	s.mu.post.cut()
}
