package server

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"
	"time"

	"github.com/parley-im/parley/internal/keypair"
)

// readPair reads the certificate that clients are shown, and follows its files. Like readCerts it comes before anything is touched.
func (s *Server) readPair(ctx context.Context) error {
	if s.opts.TLS.None() {
		return nil
	}
	pair, err := keypair.Open(s.opts.TLS, TLSFlags, s.logger)
	if err != nil {
		return err
	}
	s.pair = pair
	s.inBackground(ctx, pair.Run)
	return nil
}

// certificateLeft is a gauge, nil without a certificate.
func (s *Server) certificateLeft() func() float64 {
	if s.pair == nil {
		return nil
	}
	return func() float64 { return s.pair.Left().Seconds() }
}

// secure makes the port speak TLS with whoever comes by its listener: tunnels have what they need, and what comes back has it already. It is called
// before the port serves. The http.Server makes the handshake, within the time that a header has, and answers who speaks plain HTTP.
//
// NB: HTTP/2 is not offered. There a request has no connection that a handler could take: not for a WebSocket, nor to park a poll.
func (p *port) secure(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) {
	p.Listener = &secure{
		Listener: p.crowd,
		config:   &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, GetCertificate: certificate},
		haste:    &p.haste,
	}
}

// secure is a listener of connections that speak TLS. NB: they are a *tls.Conn each, as http.Server looks for no other.
type secure struct {
	net.Listener
	config *tls.Config
	haste  *haste
}

// Accept implements net.Listener. It does not wait for the handshake.
func (s *secure) Accept() (net.Conn, error) {
	nc, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return tls.Server(&hasty{Conn: nc, haste: s.haste}, s.config), nil
}

// haste is until when may be written to any connection of a port that closes.
//
// NB: whoever closes a tls.Conn waits for up to five seconds until its last words have found room, and http.Server closes one connection after the
// other: some clients that read nothing could hold up the end of a node for longer than it has.
type haste struct{ end atomic.Pointer[time.Time] }

// begin lets writes end with ctx.
func (h *haste) begin(ctx context.Context) {
	if end, ok := ctx.Deadline(); ok {
		h.end.Store(&end)
	}
}

// bound returns t, or the end if that is earlier.
func (h *haste) bound(t time.Time) time.Time {
	if end := h.end.Load(); end != nil && (t.IsZero() || t.After(*end)) {
		return *end
	}
	return t
}

// hasty is what lies below TLS.
type hasty struct {
	net.Conn
	haste *haste
}

// SetDeadline implements net.Conn.
func (h *hasty) SetDeadline(t time.Time) error {
	if err := h.SetReadDeadline(t); err != nil {
		return err
	}
	return h.SetWriteDeadline(t)
}

// SetWriteDeadline implements net.Conn.
func (h *hasty) SetWriteDeadline(t time.Time) error { return h.Conn.SetWriteDeadline(h.haste.bound(t)) }
