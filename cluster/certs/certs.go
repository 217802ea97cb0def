package certs

import (
	"crypto/tls"
	"log/slog"
	"sync"
	"time"

	"github.com/parley-im/parley/internal/keypair"
)

// lookEvery is the shortest time between two looks at the files: three system calls, where nodes that cannot reach each other
// may try many times a second.
const lookEvery = time.Second

// Certs are what a node proves itself by, as its files have it.
type Certs struct {
	files Files
	log   *slog.Logger
	every time.Duration

	mu struct {
		sync.Mutex
		now *set
		// looked is when the files were looked at last.
		looked time.Time
		// complaint is what was wrong with the files last, "" = nothing.
		complaint string
	}
}

// Open reads the files, and returns in one line what is wrong with them and what to do about it. That others may read the key is a
// warning in the log. A nil logger discards.
func Open(files Files, logger *slog.Logger) (*Certs, error) {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	s, err := files.read()
	if err != nil {
		return nil, err
	}
	c := &Certs{files: files, log: logger, every: lookEvery}
	c.mu.now, c.mu.looked = s, time.Now()
	c.tell("nodes prove themselves by certificates", s)
	return c, nil
}

// Server returns a configuration for one connection of a node that has dialled.
func (c *Certs) Server() *tls.Config {
	s := c.current()
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{s.own},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    s.roots,

		SessionTicketsDisabled:      true, // each connection is proven anew
		DynamicRecordSizingDisabled: true, // nobody looks at half of a frame
	}
}

// Client returns a configuration for one connection to a node that was dialled at host, an IP address or a name.
func (c *Certs) Client(host string) *tls.Config {
	s := c.current()
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		ServerName: host,
		RootCAs:    s.roots,
		// It is shown whatever CAs the peer names: the peer then says what is wrong with it, and not that there is none.
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &s.own, nil },

		DynamicRecordSizingDisabled: true,
	}
}

// Covers returns an error that says what to do when the certificate is not for one of these hosts, by which others dial this node.
func (c *Certs) Covers(hosts ...string) error { return c.files.covers(c.current(), hosts) }

// current returns what the files hold, or held when they were last in order.
func (c *Certs) current() *set {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.mu.looked) < c.every {
		return c.mu.now
	}
	c.mu.looked = time.Now()
	if c.mu.complaint == "" && !c.files.changed(c.mu.now) {
		return c.mu.now
	}
	s, err := c.files.read()
	if err != nil {
		if text := err.Error(); text != c.mu.complaint {
			c.mu.complaint = text
			c.log.Error("the certificates that were read before stay in use", "why", text)
		}
		return c.mu.now
	}
	if c.mu.complaint != "" || s.differs(c.mu.now) {
		c.tell("certificates were read again", s)
	}
	c.mu.now, c.mu.complaint = s, ""
	return s
}

// tell says what certificates there are, and that others may read the key.
func (c *Certs) tell(what string, s *set) {
	c.log.Info(what, "certificate", c.files.Cert, "names", keypair.Names(s.own.Leaf), "expires", s.own.Leaf.NotAfter.UTC())
	if s.open != 0 {
		c.log.Warn("the key of this node's certificate is open to others: chmod 600 it",
			"file", c.files.Key, "mode", s.open.String())
	}
}
