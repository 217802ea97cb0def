package engineio

import (
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"
)

// exchange is a GET or POST of a session that is in progress.
type exchange struct {
	// w and rc are nil when the exchange is parked. The session's mu guards rc.
	w  http.ResponseWriter
	rc *http.ResponseController
	// wake has an element when there is something to be looked at.
	wake chan struct{}
	// parked is the connection of a GET that net/http has let go of, until its answer leaves; else nil. Guarded by the
	// session's mu.
	parked net.Conn
	// isLetGo says that a GET is to be answered though nothing waits for it. Guarded by the session's mu.
	isLetGo bool
	// patience lets a GET go that waits during an upgrade; nil = it is not set.
	patience Timer
}

func newExchange(w http.ResponseWriter) *exchange {
	return &exchange{w: w, rc: http.NewResponseController(w), wake: make(chan struct{}, 1)}
}

// begin makes x the session's request of its kind, for which slot is: one GET and one POST may be in progress.
func (s *Session) begin(slot **exchange, x *exchange) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.isOverLocked():
		return faultSID
	case s.wire.Load() != nil:
		return faultRequest
	case *slot != nil:
		s.endLocked(ReasonViolation, false)
		return faultRequest
	}
	*slot = x
	return nil
}

// rouse wakes x if it waits; no exchange is none. The caller holds the session's mu.
func (x *exchange) rouse() {
	if x == nil {
		return
	}
	select {
	case x.wake <- struct{}{}:
	default: // it will look anyway
	}
	if x.parked != nil {
		_ = x.parked.SetReadDeadline(longAgo) // it waits there; one that is closed waits no more
	}
}

// letGoLocked lets a GET go that nothing waits for; no exchange is none.
func (x *exchange) letGoLocked() {
	if x != nil {
		x.isLetGo = true
		x.rouse()
	}
}

// longAgo as a deadline makes reads and writes return at once.
var longAgo = time.Unix(1, 0)

// deadliner is what times the reads and writes of an exchange.
type deadliner interface {
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
}

func (x *exchange) deadliner() deadliner {
	if x.parked != nil {
		return x.parked
	}
	return x.rc
}

// stopReading makes reads of x fail; no exchange is none.
func (x *exchange) stopReading() {
	if x != nil {
		_ = x.deadliner().SetReadDeadline(longAgo) // fails only where there is no connection
	}
}

// cut makes reads and writes of x fail; no exchange is none.
func (x *exchange) cut() {
	if x != nil {
		x.stopReading()
		_ = x.deadliner().SetWriteDeadline(longAgo) // as above
	}
}

// arm gives the client of x its time to take an answer, however long it has waited for it, unless the session was cut.
func (s *Session) arm(x *exchange) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.isCut {
		return net.ErrClosed
	}
	err := x.deadliner().SetWriteDeadline(time.Now().Add(s.engine.opts.WebSocket.WriteTimeout))
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}

// answer writes a whole answer, which is not empty, and returns when the connection has taken it. over is called before its
// last byte leaves, hence before the client can know that it may ask again.
func (s *Session) answer(x *exchange, contentType string, body []byte, over func()) error {
	header := x.w.Header()
	describe(header, contentType)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	err := s.arm(x)
	end := len(body) - 1
	if err == nil {
		_, err = x.w.Write(body[:end])
	}
	over()
	if err == nil {
		_, err = x.w.Write(body[end:])
	}
	if err == nil {
		err = x.rc.Flush()
	}
	return err
}

// describe sets what the header of an answer says of its body, but for the length.
func describe(header http.Header, contentType string) {
	header.Set("Content-Type", contentType)
	header.Set("Cache-Control", "no-store")
}
