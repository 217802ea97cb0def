package server

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"time"
)

const (
	// passedTime is how long a client may take for an answer that was passed on, or for a part of what a WebSocket carries: as
	// long as it may take of its own node (ws.Options.WriteTimeout).
	passedTime = 20 * time.Second
	// passedClose is how long a client may take to close a WebSocket that its node has closed, twice what it has of that.
	passedClose = 4 * time.Second
)

// passed is the answer to a request that is passed on. Its time begins when it comes, not with the request: polls wait longer.
type passed struct {
	http.ResponseWriter
	// ctx ends when nothing is to be passed on any more.
	ctx context.Context //nolint:containedctx // it is that of the one request
	rc  *http.ResponseController
}

func newPassed(ctx context.Context, w http.ResponseWriter) *passed {
	return &passed{ResponseWriter: w, ctx: ctx, rc: http.NewResponseController(w)}
}

// Unwrap is for http.ResponseController.
func (p *passed) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (p *passed) WriteHeader(status int) {
	_ = p.rc.SetWriteDeadline(time.Now().Add(passedTime)) // fails only where there is no connection
	p.ResponseWriter.WriteHeader(status)
}

// Hijack implements http.Hijacker.
func (p *passed) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := p.rc.Hijack()
	if err != nil {
		return c, rw, err
	}
	context.AfterFunc(p.ctx, func() { _ = c.Close() }) // whatever waits for it
	return passedSocket{c}, rw, nil
}

// passedSocket is a client's connection, with a WebSocket that another node has. NB: without times of its own a client that takes
// nothing would keep it after its node has given up.
type passedSocket struct{ net.Conn }

// Write implements net.Conn.
func (s passedSocket) Write(b []byte) (int, error) {
	if err := s.SetWriteDeadline(time.Now().Add(passedTime)); err != nil {
		return 0, err
	}
	return s.Conn.Write(b)
}

// CloseWrite tells the client that no more comes.
func (s passedSocket) CloseWrite() error {
	if err := s.SetReadDeadline(time.Now().Add(passedClose)); err != nil {
		return err
	}
	if half, ok := s.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return s.Close()
}
