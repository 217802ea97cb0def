package engineio

import (
	"context"
	"errors"
	"net/http"

	"github.com/parley-im/parley/transport/ws"
)

// Engine serves the Socket.IO path. Safe for concurrent use.
type Engine struct {
	opts  Options
	ws    *ws.Server
	table table
	wheel wheel[Session] // times heartbeats
}

// New returns an Engine without sessions.
func New(opts Options) *Engine {
	opts.EnsureDefaults()
	e := &Engine{opts: opts, ws: ws.NewServer(opts.WebSocket)}
	e.table.init(opts.MaxPolling, opts.MaxPollingAuthBytes)
	e.wheel.init(opts.Clock, paceOf(min(opts.PingInterval, opts.PingTimeout3, opts.PingTimeout4)), (*Session).tick)
	return e
}

// QueuedBytes is what waits to be written to WebSockets, in bytes: ws.Server.QueuedBytes. What waits for polls is not in it.
func (e *Engine) QueuedBytes() int64 { return e.ws.QueuedBytes() }

// Close ends all sessions, so that their clients come back: WebSockets are closed with 1001, waiting polls are answered. It
// waits until everything is gone; when ctx ends first, what is left is cut off and its error is returned. Requests are
// refused from the call on.
func (e *Engine) Close(ctx context.Context) error {
	sessions := e.table.shut()
	for _, s := range sessions {
		s.shutDown()
	}
	stop := context.AfterFunc(ctx, func() {
		for _, s := range sessions {
			s.cut()
		}
	})
	err := e.ws.Close(ctx)
	e.table.running.Wait()
	if !stop() {
		return ctx.Err()
	}
	return err
}

// ServeHTTP opens a session, serves one that is polled or upgraded, or answers with an error of section 3.10.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	allow(w.Header(), r)
	if r.Method == http.MethodOptions {
		preflight(w)
		return
	}
	if !e.table.begin() {
		refuse(w, faultClosing)
		return
	}
	defer e.table.end()
	if f := e.serve(w, r, ParseHandshake(r.URL.RawQuery)); f != nil {
		refuse(w, f)
	}
}

// serve returns the fault to answer with, nil when the answer was given.
func (e *Engine) serve(w http.ResponseWriter, r *http.Request, h Handshake) *fault {
	polling := h.Transport == transportPolling
	switch {
	case !polling && h.Transport != transportWebSocket:
		return faultTransport
	case h.SID != "":
		return e.resume(w, r, h)
	case r.Method != http.MethodGet:
		return faultMethod
	case h.JSONP:
		return faultRequest
	case polling:
		return e.openPolling(w, r, h)
	case !ws.Requested(r):
		return faultRequest
	}
	return e.upgrade(w, r, func(c ws.Conn) ws.Handler { return e.openWebSocket(c, h) })
}

// resume serves a request that names its session. What else it says about the session is not looked at.
func (e *Engine) resume(w http.ResponseWriter, r *http.Request, h Handshake) *fault {
	s := e.table.find(h.SID)
	switch {
	case s == nil:
		return faultSID
	case h.JSONP:
		return faultRequest
	case h.Transport == transportWebSocket && ws.Requested(r):
		return s.serveProbe(w, r)
	case h.Transport == transportWebSocket:
		return faultRequest
	case r.Method == http.MethodGet:
		return s.serveGet(w, r)
	case r.Method == http.MethodPost:
		return s.servePost(w, r)
	}
	return faultRequest
}

// upgrade makes a request's connection a WebSocket. A handshake that RFC 6455 does not allow is answered by package ws.
func (e *Engine) upgrade(w http.ResponseWriter, r *http.Request, open func(ws.Conn) ws.Handler) *fault {
	if err := e.ws.Upgrade(w, r, open); errors.Is(err, ws.ErrServerClosed) {
		return faultClosing
	}
	return nil
}

// openWebSocket begins the session of a connection: open packet, then whatever Options.Open sends.
func (e *Engine) openWebSocket(c ws.Conn, h Handshake) ws.Handler {
	s := e.newSession(h)
	s.wire.Store(&c)
	e.table.add(s)
	s.start(h)
	return s
}

// openPolling begins a session that is polled. The first answer has what waits at once.
func (e *Engine) openPolling(w http.ResponseWriter, r *http.Request, h Handshake) *fault {
	s := e.newSession(h)
	g := newExchange(w)
	s.mu.get = g
	if f := s.startPolling(h); f != nil {
		return f
	}
	s.answerGet(r, g)
	return nil
}
