package link

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Credentials are what this node proves itself by in TLS, and holds peers to. They are asked for each connection, may be used by many
// at a time, and must not block for long.
type Credentials interface {
	// Server is for a connection that somebody has dialled, Client for one that was dialled at host.
	Server() *tls.Config
	Client(host string) *tls.Config
}

// secured is a connection that speaks TLS.
type secured struct {
	*tls.Conn
	// below is what it is spoken over.
	below *patient
}

// Close ends the connection without a word: TLS would wait until it can say one.
func (s *secured) Close() error { return s.below.Close() }

// secure makes the connection speak TLS where this node has credentials. addr is where the peer was dialled. A node that speaks none
// is told in TLS, by which it knows what this one speaks.
func (h *handshake) secure(addr string) error {
	if h.links.opts.Credentials == nil {
		return nil
	}
	below := &patient{Conn: h.conn}
	var conn *tls.Conn
	if h.role == dialler {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return err
		}
		conn = tls.Client(below, h.links.opts.Credentials.Client(host))
	} else {
		conn = tls.Server(below, h.links.opts.Credentials.Server())
	}
	if err := conn.Handshake(); err != nil {
		return h.insecure(addr, err)
	}
	h.conn = &secured{Conn: conn, below: below}
	return nil
}

// tlsAlert is the record by which TLS says that it does not speak the version (RFC 8446, 5.1 and 6): alert, fatal, protocol_version.
var tlsAlert = []byte{21, 3, 3, 0, 2, 2, 70}

// insecure says why TLS was not agreed. The listener lets its last word arrive first, which closing might take from the peer's hands.
func (h *handshake) insecure(addr string, err error) error {
	if h.role == dialler {
		return told(addr, err)
	}
	if isPlain(err) {
		_, _ = h.conn.Write(tlsAlert)
	}
	why := told(h.peerHost(), err)
	if isRefusal(why) {
		h.drain()
	}
	return why
}

// told makes what was wrong with TLS between here and a peer a refusal. What only ended the connection stays what it is.
func told(who string, err error) error {
	var gone net.Error
	err = alerted(who, err)
	if isRefusal(err) || errors.As(err, &gone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return &refusal{text: clip(who + doubt(err))}
}

// alerted makes the word by which a peer ends TLS a refusal. A dialler hears it when it reads for the first time: by the time that the
// listener looks at its certificate, it has agreed.
func alerted(who string, err error) error {
	var remote *net.OpError
	if !errors.As(err, &remote) || remote.Op != "remote error" {
		return err
	}
	return &refusal{theirs: true, text: clip(fmt.Sprintf("%s does not take this node's certificate; its log says why (%v)", who, remote.Err))}
}

func isRefusal(err error) bool {
	var r *refusal
	return errors.As(err, &r)
}

// isPlain reports whether what came is not TLS.
func isPlain(err error) bool {
	var header tls.RecordHeaderError
	return errors.As(err, &header)
}

// doubt says what is wrong with a peer, whose name goes before, and what to do.
func doubt(err error) string {
	var host x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case isPlain(err):
		return " speaks no TLS, this node does: start that one with --cluster-cert, too"
	case errors.As(err, &unknown):
		return " has a certificate that none of this node's --cluster-ca has signed"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf(" has a certificate that is valid from %s until %s: renew it, or set the clock",
			invalid.Cert.NotBefore.UTC().Format(time.RFC3339), invalid.Cert.NotAfter.UTC().Format(time.RFC3339))
	case errors.As(err, &host):
		return " has a certificate that is not for this host, which its subjectAltName must name: " + host.Error()
	}
	return ": " + err.Error()
}

// errTLS is returned when what comes in a handshake is TLS.
var errTLS = errors.New("the peer speaks TLS")

// isTLS reports whether a word begins as records of TLS do (RFC 8446, 5.1). No word is that long.
func isTLS(head [frameHead]byte) bool { return head[0] >= 20 && head[0] <= 23 && head[1] == 3 }

// peerHost is where the peer is, without the port, of which diallers draw another one each time.
func (h *handshake) peerHost() string {
	addr := h.conn.RemoteAddr().String()
	if host, _, err := net.SplitHostPort(addr); err == nil && h.role == listener {
		return host
	}
	return addr
}
