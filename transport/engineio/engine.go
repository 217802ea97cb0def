package engineio

import (
	"context"
	"errors"
	"net/http"

	"github.com/parley-im/parley/transport/ws"
)

// Engine serves the Socket.IO path. Safe for concurrent use.
type Engine struct {
	opts Options
	ws   *ws.Server
}

// New returns an Engine without sessions.
func New(opts Options) *Engine {
	opts.EnsureDefaults()
	return &Engine{opts: opts, ws: ws.NewServer(opts.WebSocket)}
}

// Close closes the transports of all sessions, so that their clients come back, and waits for them; see ws.Server.
func (e *Engine) Close(ctx context.Context) error { return e.ws.Close(ctx) }

// ServeHTTP opens a session, or answers with an error of section 3.10.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	allow(w.Header(), r)
	if r.Method == http.MethodOptions {
		preflight(w)
		return
	}
	h := ParseHandshake(r.URL.RawQuery)
	if f := check(r, h, ws.Requested(r)); f != nil {
		refuse(w, f)
		return
	}
	err := e.ws.Upgrade(w, r, func(c ws.Conn) ws.Handler { return e.open(c, h) })
	if errors.Is(err, ws.ErrServerClosed) {
		http.Error(w, "server is closing", http.StatusServiceUnavailable)
	}
}

// open begins the session of a connection: open packet, then whatever Options.Open sends.
func (e *Engine) open(c ws.Conn, h Handshake) ws.Handler {
	s := &Session{rev: h.Revision, conn: c}
	s.beat = heartbeat{
		rev: h.Revision, interval: e.opts.PingInterval, timeout: e.opts.pingTimeout(h.Revision), clock: e.opts.Clock,
		ping: s.ping, expire: s.expire,
	}
	s.Send(openPacket(NewID(), h.Revision, &e.opts))
	s.handler = e.opts.Open(s, h)
	s.beat.start()
	return s
}
