package eventlog_test

import (
	"crypto/tls"
	"testing"

	"github.com/parley-im/parley/cluster/certs/certstest"
	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// Three members with certificates write what a majority stores; their Raft speaks TLS 1.3.
//
// Checked by breaking it: the port answers no TLS without MutualTLS, and nothing is stored when one member's CA is another.
func TestCerts_MembersTalkOverTLS(t *testing.T) {
	ca := certstest.NewCA(t)
	here := certstest.Node{Hosts: []string{"127.0.0.1"}}
	c := form(t, 1, func(o *eventlog.Options) { o.Certs = eventlog.Certs(ca.Issue(t, t.TempDir(), here)) })
	c.ready()
	c.store(ann)
	if v := shown(t, c.options[0].Certs, c.logs[0].Load().RaftAddr()).Version; v != tls.VersionTLS13 {
		t.Errorf("Raft speaks TLS %x", v)
	}
}

// What a member shows when it is dialled is read when its log is opened, and not again until it is opened the next time: docs/certificates.md
// says so to operators.
func TestCerts_OfTheListenerAreThoseOfTheStart(t *testing.T) {
	ca, dir := certstest.NewCA(t), t.TempDir()
	here := certstest.Node{Hosts: []string{"127.0.0.1"}}
	o := eventlog.Options{Dir: t.TempDir(), Shards: 1, Certs: eventlog.Certs(ca.Issue(t, dir, here))}
	o.Hurry()
	l := open(t, o)
	serial := func() string { return shown(t, o.Certs, l.RaftAddr()).PeerCertificates[0].SerialNumber.String() }
	first := serial()
	ca.Issue(t, dir, here)
	if serial() != first {
		t.Error("the listener shows what was renewed; say so in docs/certificates.md")
	}
	closeLog(t, l)
	l = open(t, o)
	if serial() == first {
		t.Error("the listener shows what was read by the start before")
	}
	if got := say(t, l, ann, 0); got != im.Stored {
		t.Error(got)
	}
	closeLog(t, l)
}

// shown is what whoever has certs agrees upon with who listens on addr.
func shown(t *testing.T, certs eventlog.Certs, addr string) tls.ConnectionState {
	t.Helper()
	own, err := tls.LoadX509KeyPair(certs.Cert, certs.Key)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{own}, InsecureSkipVerify: true}
	conn, err := (&tls.Dialer{Config: config}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState()
}
