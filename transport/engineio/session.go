package engineio

import (
	"sync"
	"sync/atomic"

	"github.com/parley-im/parley/transport/engineio/payload"
	"github.com/parley-im/parley/transport/ws"
)

// Handler receives what happens in one session. Its methods are called one at a time and must not block.
type Handler interface {
	// OnMessage takes the data of one message packet: a Socket.IO packet, valid UTF-8. The slice is the Handler's.
	OnMessage(data []byte)
	// OnClose is the last call: the session is gone.
	OnClose(reason Reason)
}

// Session is one Engine.IO session. Its methods are safe for concurrent use and never block.
type Session struct {
	id     string
	engine *Engine
	rev    Revision
	// framing is that of answers to polls.
	framing payload.Framing
	beat    heartbeat

	// in is held while handler is called, and while it is set. It is taken before all other locks.
	in      sync.Mutex
	handler Handler

	// wire is the WebSocket that carries the session; nil while it is polled. It is set once: when the session begins, or
	// with mu held, when everything that waited for polls has been handed to it.
	wire atomic.Pointer[ws.Conn]

	// mu is taken after all locks of the handler's, before those of the WebSocket, of beat, of the table
	// and of the wheel.
	mu struct {
		sync.Mutex
		reason Reason // "" = open
		// out waits for polls.
		out queue
		// get and post are the requests in progress; nil = there is none.
		get, post *exchange
		// probe is the WebSocket that is being tried; nil = there is none.
		probe *probe
		// linger forgets the session some time after its end; nil = what it has left is not kept.
		linger Timer
		// paused says that no packet is to be heard. held says that none is heard: paused, or a WebSocket that has to wait
		// for post.
		paused, held bool
		// isCut says that requests in progress are not waited for any more.
		isCut bool
	}
}

func (e *Engine) newSession(h Handshake) *Session {
	s := &Session{id: e.opts.SIDPrefix + NewID(), rev: h.Revision, engine: e, framing: framingOf(h)}
	s.beat.spoke.owner = s
	return s
}

// start sends the open packet, then whatever Options.Open sends.
func (s *Session) start(h Handshake) {
	s.Send(openPacket(s.id, h, &s.engine.opts))
	s.handler = s.engine.opts.Open(s, h)
	s.beat.start()
}

// startPolling is start for a session that may be ended by others from the beginning; they wait until it has a handler.
func (s *Session) startPolling(h Handshake) *fault {
	s.in.Lock()
	defer s.in.Unlock()
	if f := s.engine.table.addPolling(s, len(h.Auth)); f != nil {
		return f
	}
	s.start(h)
	return nil
}

// Revision returns the revision that the client speaks.
func (s *Session) Revision() Revision { return s.rev }

// Send queues one packet, type character included. It copies packet.
func (s *Session) Send(packet []byte) { s.SendFrame(ws.TextFrame(packet)) }

// SendFrame queues a packet that is framed already, by ws.TextFrame. Nobody may change frame afterwards. When a poll takes
// it, it is stripped of its frame.
func (s *Session) SendFrame(frame []byte) {
	if c := s.wire.Load(); c != nil {
		(*c).Send(frame)
		return
	}
	if !s.queue(frame) {
		s.engine.opts.WebSocket.OnSlow()
	}
}

// SendFrames is SendFrame for each of frames; joined is all of them in a row. now asks that what the client takes be written
// before it returns.
func (s *Session) SendFrames(frames [][]byte, joined []byte, now bool) {
	switch c := s.wire.Load(); {
	case c == nil:
		for _, f := range frames {
			s.SendFrame(f)
		}
	case now:
		(*c).Write(joined)
	default:
		(*c).Send(joined)
	}
}

// queue keeps a frame for the next poll; false = that would be too much, and the session ends.
func (s *Session) queue(frame []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.wire.Load(); c != nil {
		(*c).Send(frame)
		return true
	}
	if s.mu.reason != "" {
		return true
	}
	if !s.mu.out.push(frame, s.engine.opts.WebSocket.MaxPendingBytes) {
		s.endLocked(ReasonSlow, false)
		return false
	}
	s.mu.get.rouse()
	return true
}

// Pause stops reading from the client after the current packet; Resume goes on. They do not nest.
func (s *Session) Pause() { s.setPaused(true) }

// Resume is documented at Pause.
func (s *Session) Resume() { s.setPaused(false) }

func (s *Session) setPaused(paused bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.paused = paused
	s.mu.post.rouse()
	s.steerLocked()
}

// steerLocked decides whether the WebSocket is read. While a POST that came before the upgrade is at work it is not: what the
// POST holds was said earlier. Nor does silence count then, since the answer to a ping may be what is not read.
func (s *Session) steerLocked() {
	c := s.wire.Load()
	held := s.mu.paused || c != nil && s.mu.post != nil
	if held != s.mu.held {
		s.mu.held = held
		s.beat.setPaused(held) // NB: not at each POST, which would give the client time anew
	}
	switch {
	case c == nil:
	case held:
		(*c).Pause()
	default:
		(*c).Resume()
	}
}

// OnText takes a packet from the WebSocket; see ws.Handler.
func (s *Session) OnText(packet []byte) { s.hear(packet) }

// hear takes a packet, whatever carried it.
func (s *Session) hear(packet []byte) {
	t, data, ok := Decode(packet)
	s.beat.packet(t)
	if !ok {
		return
	}
	switch t {
	case Message:
		s.message(data)
	case Ping:
		s.pong(data)
	case Close:
		s.end(ReasonClient, false)
	case Open, Pong, Upgrade, Noop:
		// Pong was for the heartbeat. The others mean nothing here; Swift sends noops.
	}
}

func (s *Session) message(data []byte) {
	s.in.Lock()
	defer s.in.Unlock()
	if s.reason() == "" {
		s.handler.OnMessage(data)
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

func (s *Session) expire() { s.end(ReasonTimeout, false) }

func (s *Session) reason() Reason {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.reason
}
