package engineio

import (
	"errors"
	"sync"

	"github.com/parley-im/parley/transport/ws"
)

// Handler receives what happens in one session. Its methods are called one at a time and must not block.
type Handler interface {
	// OnMessage takes the data of one message packet: a Socket.IO packet. The slice is the Handler's.
	OnMessage(data []byte)
	// OnClose is the last call: the session is gone.
	OnClose(reason Reason)
}

// Reason says why a session ended, for logs and metrics.
type Reason string

// The reasons. A user of a Session may close it with others.
const (
	// ReasonClient: the client said goodbye.
	ReasonClient Reason = "client closed"
	// ReasonGone: the connection broke.
	ReasonGone Reason = "connection lost"
	// ReasonTimeout: the client missed a heartbeat.
	ReasonTimeout Reason = "ping timeout"
	// ReasonSlow: the client did not read fast enough.
	ReasonSlow Reason = "slow"
	// ReasonViolation: the client broke the WebSocket protocol.
	ReasonViolation Reason = "protocol violation"
	// ReasonShutdown: the server closes.
	ReasonShutdown Reason = "shutdown"
)

// Session is one Engine.IO session. Its methods are safe for concurrent use and never block.
type Session struct {
	rev     Revision
	conn    ws.Conn
	beat    heartbeat
	handler Handler

	mu     sync.Mutex
	reason Reason // "" = open
}

// Revision returns the revision that the client speaks.
func (s *Session) Revision() Revision { return s.rev }

// Send queues one packet, type character included. It copies packet.
func (s *Session) Send(packet []byte) { s.conn.Send(ws.TextFrame(packet)) }

// SendFrame queues a packet that is framed already, by ws.TextFrame. Nobody may change frame afterwards.
func (s *Session) SendFrame(frame []byte) { s.conn.Send(frame) }

// Pause stops reading from the client after the current packet; Resume goes on. They do not nest.
func (s *Session) Pause() {
	s.beat.setPaused(true)
	s.conn.Pause()
}

// Resume is documented at Pause.
func (s *Session) Resume() {
	s.beat.setPaused(false)
	s.conn.Resume()
}

// Close sends what is queued and ends the session; clients then come back, unless they were told not to.
func (s *Session) Close(reason Reason) {
	s.end(reason)
	s.conn.Close(ws.CloseNormal)
}

// end notes why the session ends; the first reason counts.
func (s *Session) end(reason Reason) {
	s.beat.stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reason == "" {
		s.reason = reason
	}
}

// OnText takes a packet from the WebSocket; see ws.Handler.
func (s *Session) OnText(packet []byte) {
	t, data, ok := Decode(packet)
	s.beat.packet(t)
	if !ok {
		return
	}
	switch t {
	case Message:
		s.handler.OnMessage(data)
	case Ping:
		s.pong(data)
	case Close:
		s.Close(ReasonClient)
	case Open, Pong, Upgrade, Noop:
		// Pong was for the heartbeat. The others mean nothing here; Swift sends noops.
	}
}

// maxPingData bounds what a ping may carry; clients send nothing or "probe".
const maxPingData = 125

// pong answers a ping with the data that it carried. Only clients of revision 3 ping.
func (s *Session) pong(data []byte) {
	if s.rev == Rev3 && len(data) <= maxPingData {
		s.Send(append([]byte{byte(Pong)}, data...))
	}
}

func (s *Session) ping() { s.Send([]byte{byte(Ping)}) }

func (s *Session) expire() { s.Close(ReasonTimeout) }

// OnClose takes the end of the WebSocket; see ws.Handler.
func (s *Session) OnClose(err error) {
	s.end(reasonOf(err))
	s.mu.Lock()
	reason := s.reason
	s.mu.Unlock()
	s.handler.OnClose(reason)
}

func reasonOf(err error) Reason {
	var v *ws.Violation
	switch {
	case errors.Is(err, ws.ErrPeerClosed):
		return ReasonClient
	case errors.Is(err, ws.ErrSlow):
		return ReasonSlow
	case errors.Is(err, ws.ErrClosed):
		return ReasonShutdown
	case errors.As(err, &v):
		return ReasonViolation
	}
	return ReasonGone
}
