package engineio

import (
	"net/http"
	"time"

	"github.com/parley-im/parley/transport/ws"
)

const (
	// probeTimeout is how long an upgrade may take from the opening of its WebSocket on.
	probeTimeout = 10 * time.Second
	// probeNoops is how many polls are let go at once after a probe; the one that waits already is not counted. A client
	// stops polling as soon as it has the answer to its probe, which may be a poll or two later.
	probeNoops = 3
	// probePause is how long each other poll waits during an upgrade, so that a client that never gets that answer does not
	// poll in a circle.
	probePause = 100 * time.Millisecond
)

// probe is the WebSocket by which a session that is polled is to go on (section 3.6); it is that connection's ws.Handler.
// The session goes on being polled until the client says so on the WebSocket; whatever else happens there ends the attempt.
type probe struct {
	session *Session
	// isUpgraded says that the session goes by this WebSocket. It is only used by the connection's callbacks.
	isUpgraded bool

	// The session's mu guards the rest.

	// conn is nil until the WebSocket is open.
	conn  ws.Conn
	timer Timer
	// isOver says that the WebSocket is being closed.
	isOver bool
	// isAnswered says that the client's probe came.
	isAnswered bool
	// noops is how many polls more are let go at once.
	noops int
}

// serveProbe makes the connection of a request one by which the session may go on.
func (s *Session) serveProbe(w http.ResponseWriter, r *http.Request) *fault {
	p := &probe{session: s}
	if f := s.beginProbe(p); f != nil {
		return f
	}
	opened := false
	f := s.engine.upgrade(w, r, func(c ws.Conn) ws.Handler {
		opened = true
		p.open(c)
		return p
	})
	if !opened {
		s.endProbe(p)
	}
	return f
}

func (s *Session) beginProbe(p *probe) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.mu.reason != "":
		return faultSID
	case s.wire.Load() != nil || s.mu.probe != nil:
		return faultRequest
	}
	s.mu.probe = p
	return nil
}

// endProbe ends the attempt, if it was not over before.
func (s *Session) endProbe(p *probe) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.probe == p {
		s.mu.probe = nil
		p.stopLocked()
	}
}

func (p *probe) open(c ws.Conn) {
	s := p.session
	s.mu.Lock()
	defer s.mu.Unlock()
	p.conn = c
	if s.mu.reason != "" {
		c.Close(ws.CloseNormal)
		return
	}
	p.timer = s.engine.opts.Clock.AfterFunc(probeTimeout, p.giveUp)
}

// OnText is documented at ws.Handler.
func (p *probe) OnText(packet []byte) {
	if p.isUpgraded {
		p.session.OnText(packet)
		return
	}
	t, data, _ := Decode(packet)
	switch {
	case t == Ping && string(data) == "probe" && p.answer():
	case t == Upgrade && p.session.moveTo(p):
		p.isUpgraded = true
	default:
		p.conn.Close(ws.CloseNormal)
	}
}

// OnClose is documented at ws.Handler.
func (p *probe) OnClose(err error) {
	if p.isUpgraded {
		p.session.OnClose(err)
		return
	}
	p.session.endProbe(p)
}

// answer answers the client's probe and lets a poll go, so that the client can stop polling; false = it came before.
func (p *probe) answer() bool {
	s := p.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.isAnswered {
		return false
	}
	p.isAnswered, p.noops = true, probeNoops
	p.conn.Send(ws.TextFrame([]byte{byte(Pong), 'p', 'r', 'o', 'b', 'e'}))
	s.mu.get.letGoLocked()
	return true
}

// moveTo makes p the session's WebSocket and hands over what waits for polls, in order; false = it is too late, or too early.
// What a closed session has left is handed over all the same.
func (s *Session) moveTo(p *probe) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	ended := s.mu.reason != ""
	if !p.isAnswered || p.isOver || ended && s.mu.linger == nil {
		return false
	}
	for _, frame := range s.mu.out.take() {
		p.conn.Send(frame)
	}
	if ended {
		s.forgetLocked()
		return false
	}
	s.mu.probe = nil
	p.stopLocked()
	s.wire.Store(&p.conn)
	s.engine.table.upgraded(s)
	s.mu.get.rouse()
	s.steerLocked()
	return true
}

// letsGoLocked reports whether g, for which nothing waits, is one of the polls that are let go at once; if not, its time is
// limited. No probe is no upgrade.
func (p *probe) letsGoLocked(g *exchange) bool {
	if p == nil || !p.isAnswered {
		return false
	}
	if p.noops > 0 {
		p.noops--
		return true
	}
	if g.patience == nil {
		g.patience = p.session.engine.opts.Clock.AfterFunc(probePause, func() { p.session.letGo(g) })
	}
	return false
}

// letGo lets g go, if it still waits.
func (s *Session) letGo(g *exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g.letGoLocked()
}

// giveUp closes a WebSocket that took too long.
func (p *probe) giveUp() {
	p.session.mu.Lock()
	defer p.session.mu.Unlock()
	if p.session.mu.probe == p {
		p.closeLocked()
	}
}

func (p *probe) closeLocked() {
	p.isOver = true
	if p.conn != nil {
		p.conn.Close(ws.CloseNormal) // OnClose follows
	}
}

func (p *probe) stopLocked() {
	if p.timer != nil {
		p.timer.Stop()
	}
}
