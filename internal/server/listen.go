package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"
)

const (
	// headerTimeout bounds the arrival of a request's header.
	headerTimeout = 10 * time.Second
	// idleTimeout is how long a kept-alive connection waits for its next request; longer than load balancers' 60 s.
	idleTimeout = 120 * time.Second
	// maxHeaderBytes fits the login JSON that old clients put into the query, every byte of it escaped.
	maxHeaderBytes = 256 << 10
	// exchangeTimeout bounds the arrival of a body and the departure of an answer, where nothing may wait longer.
	exchangeTimeout = 30 * time.Second
)

// port is one HTTP listener and what serves on it.
type port struct {
	net.Listener
	gate   gate
	server http.Server
}

// takePort listens on addr and answers 503 until the port's gate is opened. What Serve returns goes to failed, unless
// the port was closed.
func takePort(ctx context.Context, name, addr string, logger *slog.Logger, failed chan<- error) (*port, error) {
	l, err := listen(ctx, name, addr)
	if err != nil {
		return nil, err
	}
	p := &port{Listener: l}
	p.server = http.Server{
		Handler:           &p.gate,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug), // noise of broken clients
	}
	go func() {
		if err := p.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("%s listener: %w", name, err)
		}
	}()
	return p, nil
}

// close stops accepting and waits for requests to finish; when ctx ends, it cuts them. It does not know of upgraded
// connections.
func (p *port) close(ctx context.Context) error {
	if err := p.server.Shutdown(ctx); err != nil {
		return p.server.Close()
	}
	return nil
}

func listen(ctx context.Context, name, addr string) (net.Listener, error) {
	var lc net.ListenConfig
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

// timed bounds the time that bodies and answers of h take on the wire. It is not for handlers that hold requests.
func timed(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		c.SetReadDeadline(time.Now().Add(exchangeTimeout))  //nolint:errcheck // of a dead connection
		c.SetWriteDeadline(time.Now().Add(exchangeTimeout)) //nolint:errcheck // of a dead connection
		h.ServeHTTP(w, r)
		// net/http sets no write deadline of its own here, so this one must not outlive its answer.
		c.Flush()                       //nolint:errcheck // the caller is gone
		c.SetWriteDeadline(time.Time{}) //nolint:errcheck // of a dead connection
	})
}
