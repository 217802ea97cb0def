package link

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/cluster/certs"
	"github.com/parley-im/parley/cluster/certs/certstest"
	"github.com/parley-im/parley/im"
)

// here is what certificates of nodes on loopback are for.
var here = certstest.Node{Hosts: []string{"127.0.0.1"}}

// credentials are any two configurations.
type credentials struct{ server, client func() *tls.Config }

func (c credentials) Server() *tls.Config { return c.server() }

func (c credentials) Client(host string) *tls.Config {
	config := c.client()
	config.ServerName = host
	return config
}

func open(t testing.TB, files certs.Files) *certs.Certs {
	t.Helper()
	c, err := certs.Open(files, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// issued are credentials that a CA has signed.
func issued(t testing.TB, ca *certstest.CA, n certstest.Node) *certs.Certs {
	t.Helper()
	return open(t, ca.Issue(t, t.TempDir(), n))
}

// unfit are credentials that no node would start with: a certificate that does not fit, believing in ca.
func unfit(t testing.TB, ca, signer *certstest.CA, n certstest.Node) Credentials {
	t.Helper()
	files := signer.Issue(t, t.TempDir(), n)
	own, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil {
		t.Fatal(err)
	}
	good := issued(t, ca, here)
	return credentials{
		server: func() *tls.Config {
			c := good.Server()
			c.Certificates = []tls.Certificate{own}
			return c
		},
		client: func() *tls.Config {
			c := good.Client("")
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &own, nil }
			return c
		},
	}
}

// first is a listener that keeps the first byte that it was told, and one, so that 0 is none.
type first struct {
	net.Listener
	byteOf atomic.Int64
}

// Accept implements net.Listener.
func (f *first) Accept() (net.Conn, error) {
	c, err := f.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &watched{c, &f.byteOf}, nil
}

type watched struct {
	net.Conn
	byteOf *atomic.Int64
}

// Read implements net.Conn.
func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if n > 0 {
		w.byteOf.CompareAndSwap(0, int64(b[0])+1)
	}
	return n, err
}

// Over TLS nodes ask each other, and have a link that carries frames both ways, the longest included; what goes over the wire begins
// as TLS does. With the secret, or without.
//
// Checked by breaking it: the first byte is another one when secure does nothing.
func TestTLS_LinksCarryFrames(t *testing.T) {
	ca := certstest.NewCA(t)
	for _, secret := range []string{"", "a secret"} {
		change := func(o *Options) {
			o.Secret = []byte(secret)
			o.Credentials = issued(t, ca, here)
		}
		ear := &first{Listener: loopback(t)}
		a, b := newNode(t, "a", loopback(t), change), newNode(t, "b", ear, change)
		introduce(a, b)
		if hello := a.mustAsk(t, "b"); hello.NodeHostId != "host of b" {
			t.Errorf("b says %v", hello)
		}
		a.Open()
		b.Open()
		a.await(t, "up b", 1)
		b.await(t, "up a", 1)
		if got := ear.byteOf.Load() - 1; got != 22 {
			t.Errorf("a begins with byte %d, want 22, a handshake of TLS", got)
		}
		long := mail(1, MaxFrameBytes-100)
		a.mustSend(t, "b", long)
		b.mustSend(t, "a", mail(2, 10))
		b.mustSend(t, "a", long)
		b.await(t, "got a", 1)
		a.await(t, "got b", 2)
		if got := a.framesOf("b")[1].GetMail().GetTo(); got != long.GetMail().GetTo() {
			t.Errorf("a got a long frame of %d bytes", len(got))
		}
	}
}

// A node that cannot prove itself, or whose peer cannot, has no link; Ask says so as what an operator must see to, and both logs say in a
// line what is wrong. It does not matter which of the two dials.
//
// Checked by breaking it: certificates that do not fit get in with InsecureSkipVerify, diallers that have none with NoClientCert; the last
// is a word of 352518912 bytes when readWord does not look for TLS.
func TestTLS_WhoIsNotProvenIsRefused(t *testing.T) {
	ca, other := certstest.NewCA(t), certstest.NewCA(t)
	expired := certstest.Node{Hosts: here.Hosts, From: time.Now().Add(-2 * time.Hour), Until: time.Now().Add(-time.Hour)}
	none := func() Credentials {
		c := issued(t, ca, here)
		return credentials{server: c.Server, client: func() *tls.Config {
			config := c.Client("")
			config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &tls.Certificate{}, nil }
			return config
		}}
	}
	for name, row := range map[string]struct {
		odd Credentials
		// dials and listens are what the odd node's log says when it does, dialled and heard what its peer's says then.
		dials, dialled, listens, heard string
	}{
		"another CA's": {
			unfit(t, ca, other, here), "does not take this node's certificate", "none of this node's --cluster-ca has signed",
			"does not take this node's certificate", "none of this node's --cluster-ca has signed",
		},
		"expired": {
			unfit(t, ca, ca, expired), "does not take this node's certificate", "renew it, or set the clock",
			"does not take this node's certificate", "renew it, or set the clock",
		},
		"for another host": {
			unfit(t, ca, ca, certstest.Node{Hosts: []string{"host3", "10.0.0.3"}}), "", "",
			"does not take this node's certificate", "which its subjectAltName must name",
		},
		"none": {none(), "does not take this node's certificate", "didn't provide a certificate", "", ""},
		"no TLS": {
			nil, "speaks TLS, this node does not: start this one with --cluster-cert", "speaks no TLS, this node does",
			"speaks TLS, this node does not: start this one with --cluster-cert", "speaks no TLS, this node does",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, odd := range []string{"a", "b"} {
				a := newNode(t, "a", loopback(t), func(o *Options) { quick(o); o.Credentials = oneOf(odd == "a", row.odd, issued(t, ca, here)) })
				b := newNode(t, "b", loopback(t), func(o *Options) { quick(o); o.Credentials = oneOf(odd == "b", row.odd, issued(t, ca, here)) })
				introduce(a, b)
				its, peers := a, b
				wantIts, wantPeers := row.dials, row.dialled
				if odd == "b" {
					its, peers, wantIts, wantPeers = b, a, row.listens, row.heard
				}
				if wantIts == "" {
					continue // nothing is wrong with it this way round
				}
				_, err := a.Ask(t.Context(), "b")
				wantKind(t, err, im.NotPermitted)
				a.Open()
				b.Open()
				its.awaitLog(t, wantIts)
				peers.awaitLog(t, wantPeers)
				if n := a.count("up b") + b.count("up a"); n > 0 {
					t.Errorf("there were %d links", n)
				}
			}
		})
	}
}

func oneOf(odd bool, a Credentials, b *certs.Certs) Credentials {
	if odd {
		return a
	}
	return b
}

// Nothing older than TLS 1.3 is spoken, on either side.
func TestTLS_IsNotOlderThan13(t *testing.T) {
	ca := certstest.NewCA(t)
	own := issued(t, ca, here)
	b := newNode(t, "b", loopback(t), func(o *Options) { o.Credentials = own })
	config := own.Client("127.0.0.1")
	config.MinVersion, config.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	if err := tls.Client(connect(t, b), config).HandshakeContext(t.Context()); err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("the listener answers TLS 1.2: %v", err)
	}
	if v := own.Client("h").MinVersion; v != tls.VersionTLS13 {
		t.Errorf("the dialler's oldest is %x", v)
	}
}

// Whoever dials and says nothing, or ends in the middle of TLS, is cut after the time of a handshake and no line of the log.
func TestTLS_SilenceIsCut(t *testing.T) {
	own := issued(t, certstest.NewCA(t), here)
	b := newNode(t, "b", loopback(t), func(o *Options) {
		o.Credentials = own
		o.times.handshake = 50 * time.Millisecond
	})
	for _, said := range []string{"", "\x16\x03\x01\x02\x00"} {
		conn := connect(t, b)
		if _, err := io.WriteString(conn, said); err != nil {
			t.Fatal(err)
		}
		conn.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.Copy(io.Discard, conn); isTimeout(err) {
			t.Errorf("after %q it is not cut", said)
		}
	}
	if got := b.log.String(); got != "" {
		t.Errorf("the log says %s", got)
	}
}

// A certificate that is replaced while links are up counts for the next connection, here for one of a new CA that both have heard of: the link that is
// there stays, tunnels open, and after a cut it comes back. A dialler that has not heard of the new CA is refused then.
//
// Checked by breaking it: the peer of the old CA alone gets its answer when certs never looks at its files again.
func TestTLS_RenewalCountsForTheNextConnection(t *testing.T) {
	before, after := certstest.NewCA(t), certstest.NewCA(t)
	dirs := map[string]string{"a": t.TempDir(), "b": t.TempDir()}
	taken := make(tunnelled, 1)
	a, b := pair(t, func(o *Options) {
		quick(o)
		o.Tunnel = taken.take
		o.Credentials = open(t, before.Issue(t, dirs[o.Node], here))
	})
	stale := newNode(t, "stale", loopback(t), func(o *Options) { o.Credentials = issued(t, before, here) })
	introduce(stale, b)
	stale.mustAsk(t, "b")

	for _, dir := range dirs {
		after.Issue(t, dir, here)
	}
	eventually(t, "b shows what it was given", func() bool {
		_, err := stale.Ask(t.Context(), "b")
		return im.KindOf(err) == im.NotPermitted && err != nil
	})
	if len(a.eventsOf("b")) != 1 {
		t.Errorf("the link did not stay: %v", a.eventsOf("b"))
	}
	eventually(t, "a asks b", func() bool { _, err := a.Ask(t.Context(), "b"); return err == nil })
	mustTunnel(t, a, "b")
	taken.await(t)
	b.EndLink("a")
	a.await(t, "up b", 2)
}

// A tunnel over TLS is a tls.Conn, and carries what one of TCP carries: see TestTunnel_CarriesBytesBothWays. What is read when the
// peer has said that no more comes is an end like any. It ends with the link.
func TestTLS_TunnelsCarryBytesBothWays(t *testing.T) {
	ca := certstest.NewCA(t)
	a, b, taken := pairOfTunnels(t, func(o *Options) { o.Credentials = issued(t, ca, here) })
	carries(t, a, b, taken)
	ours, theirs := mustTunnel(t, a, "b"), taken.await(t)
	if _, ok := ours.Conn.(*tls.Conn); !ok {
		t.Errorf("a tunnel is a %T", ours.Conn)
	}
	a.EndLink("b")
	wantEnd(t, ours)
	wantEnd(t, theirs)
}

// What is only the end of a connection is no refusal, whatever TLS has wrapped around it; what a certificate lacks is one.
func TestTold_OnlyWhatOperatorsMustSee(t *testing.T) {
	for _, row := range []struct {
		err     error
		refusal bool
	}{
		{io.EOF, false},
		{io.ErrUnexpectedEOF, false},
		{&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}, false},
		{&net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}, true},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, true},
		{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, true},
		{errors.New("tls: client didn't provide a certificate"), true},
	} {
		if got := isRefusal(told("b", row.err)); got != row.refusal {
			t.Errorf("%v: a refusal: %v", row.err, got)
		}
	}
}
