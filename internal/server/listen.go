package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/parley-im/parley/internal/keypair"
	"github.com/parley-im/parley/transport/entry"
	"github.com/parley-im/parley/transport/reentry"
)

// times bound how long each part of an exchange may take on the wire.
type times struct {
	// header bounds the arrival of a request's header, request that of all of it.
	header, request time.Duration
	// answer bounds the time from the header until the answer has left. It is longer than request, so that a request
	// that is cut can be told so.
	answer time.Duration
	// idle is how long a kept-alive connection waits for its next request.
	idle time.Duration
}

// usual are the times of a node. An answer may be held for half a minute, as that to `go tool pprof` is; load balancers
// keep idle connections for 60 s, and must not find them closed. Polls, which are held for longer, have their answers timed by
// package engineio.
var usual = times{header: 10 * time.Second, request: 30 * time.Second, answer: 60 * time.Second, idle: 120 * time.Second}

// maxHeaderBytes fits the login JSON that old clients put into the query, every byte of it escaped.
const maxHeaderBytes = 256 << 10

// port is one HTTP listener and what serves on it.
type port struct {
	net.Listener
	// back is for connections that a handler took and gives back.
	back   *reentry.Listener
	crowd  *crowd
	gate   gate
	server http.Server
	logger *slog.Logger
	// haste bounds what is written once the port closes; of connections over TLS alone.
	haste haste
}

// takePort listens on addr, for room connections at a time, and answers 503 until the port's gate is opened. With a
// pair it speaks TLS. What Serve returns goes to failed, unless the port was closed.
func takePort(ctx context.Context, name, addr string, room int, pair *keypair.Watched, logger *slog.Logger, failed chan<- error) (*port, error) {
	l, err := listen(ctx, name, addr)
	if err != nil {
		return nil, err
	}
	p := newPort(newCrowd(l, room), usual, logger)
	if pair != nil {
		p.secure(pair.GetCertificate)
	}
	go func() {
		if err := p.serve(); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("%s listener: %w", name, err)
		}
	}()
	return p, nil
}

// serve serves until the port is closed, or the listener fails.
func (p *port) serve() error {
	go p.server.Serve(p.back) //nolint:errcheck // it ends with the server, and not before
	return p.server.Serve(p.accepting())
}

// accepting returns where the server gets its connections. Who asks for a WebSocket does not come that far, unless over TLS.
func (p *port) accepting() net.Listener {
	if p.Listener != net.Listener(p.crowd) {
		return p.Listener
	}
	return entry.New(p.Listener, entry.Options{
		Handler: &p.gate, Wants: opensWebSocket, HeaderTimeout: p.server.ReadHeaderTimeout, Logger: p.logger,
	})
}

// opensWebSocket reports whether a request may ask for a new session over a WebSocket. What belongs to a session may have to be passed
// on to another node.
func opensWebSocket(method, target []byte) bool {
	path, query, _ := bytes.Cut(target, []byte("?"))
	return string(method) == http.MethodGet && isSocketPath(string(path)) &&
		bytes.Contains(query, []byte("transport=websocket")) && !bytes.Contains(query, []byte("sid="))
}

// newPort returns a port that does not serve yet. Who is too slow for t is cut, whatever is behind the gate; WebSockets
// look after themselves.
func newPort(l *crowd, t times, logger *slog.Logger) *port {
	p := &port{Listener: l, crowd: l, back: reentry.New(l.Addr(), t.idle), logger: logger}
	p.server = http.Server{
		Handler:           &p.gate,
		ReadHeaderTimeout: t.header,
		ReadTimeout:       t.request,
		WriteTimeout:      t.answer,
		IdleTimeout:       t.idle,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnContext:       markTunnels,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug), // noise of broken clients
	}
	return p
}

// close stops accepting and waits for requests to finish; when ctx ends, it cuts them. It does not know of upgraded
// connections.
func (p *port) close(ctx context.Context) error {
	p.haste.begin(ctx)
	if err := p.server.Shutdown(ctx); err != nil {
		return p.server.Close()
	}
	return nil
}

func listen(ctx context.Context, name, addr string) (net.Listener, error) {
	lc := net.ListenConfig{KeepAlive: -1} // times and heartbeats find out who is gone
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s for --%s: %w", addr, name, systemsWord(err))
	}
	return l, nil
}

// probe finds out whether a port that somebody else will listen on is free.
func probe(ctx context.Context, name, addr string) error {
	l, err := listen(ctx, name, addr)
	if err != nil {
		return err
	}
	return l.Close()
}

// systemsWord cuts what the packages net and os wrap around the system's word: the line around it names all that.
func systemsWord(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
