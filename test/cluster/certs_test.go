package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/cluster/certs/certstest"
	"github.com/parley-im/parley/internal/servertest"
)

// documented makes what docs/certificates.md makes with openssl, for nodes on loopback, in a directory. Without openssl it is made here.
func documented(t *testing.T) (dir string) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Log("there is no openssl: the documented lines are not run")
		return issued(t)
	}
	r := newReader(t, "docs/certificates.md", "## What a certificate needs\n")
	lines := regexp.MustCompile(`10\.0\.0\.\d`).ReplaceAllString(r.block("openssl ", 3), "127.0.0.1")
	if out, err := r.paste(lines).CombinedOutput(); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	return r.dir
}

// issued makes the same in Go.
func issued(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	ca := certstest.NewCA(t)
	for _, name := range []string{"node1", "node2", "node3"} {
		f := ca.Issue(t, dir, certstest.Node{Hosts: []string{"127.0.0.1"}})
		for from, to := range map[string]string{f.Cert: name + ".crt", f.Key: name + ".key"} {
			if err := os.Rename(from, filepath.Join(dir, to)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// files are those of a node, by their paths.
type files struct{ cert, key, ca string }

func filesIn(dir string, n *servertest.Node) files {
	return files{cert: filepath.Join(dir, n.Name+".crt"), key: filepath.Join(dir, n.Name+".key"), ca: filepath.Join(dir, "ca.crt")}
}

func certified(n *servertest.Node, f files) {
	n.AddFlags("--cluster-cert", f.cert, "--cluster-key", f.key, "--cluster-ca", f.ca)
}

// Three nodes with the certificates of docs/certificates.md talk to each other, and lose nothing when the one that leads a busy group's shard is
// killed and comes back. Both of their ports speak TLS 1.3 with whoever has a certificate, and with nobody else.
//
// Checked by breaking it: without MutualTLS in eventlog/raft.go the Raft port answers no TLS; without the credentials of links the other one does not.
func TestCerts_KillOfTheLeaderLosesNothing(t *testing.T) {
	dir := documented(t)
	c := startCertified(t, dir)
	for _, n := range c.Nodes {
		for _, addr := range []string{n.RaftListen, n.ActorListen} {
			speaksTLS(t, addr, filesIn(dir, c.Nodes[0]))
		}
	}
	p := newParty(t, c)
	p.begin()
	p.talk(enough)
	victim := p.leader()
	others := p.on(c.Others(victim)...)
	before := cut(others)
	victim.Kill()
	p.talk(enough)
	victim.Restart()
	p.talk(enough)
	p.stayed(others, before)
	p.end()
}

// startCertified starts three nodes with the certificates in a directory.
func startCertified(t *testing.T, dir string) *servertest.Cluster {
	t.Helper()
	c := servertest.NewCluster(t, 3)
	for _, n := range c.Nodes {
		certified(n, filesIn(dir, n))
	}
	c.Launch()
	c.AwaitReady()
	return c
}

// By tunnels over TLS clients that poll reach their sessions as by others: see TestPolling_ReachesItsSessionByAnyNode.
func TestCerts_PollingReachesItsSessionByAnyNode(t *testing.T) {
	t.Parallel()
	reachItsSession(t, startCertified(t, issued(t)))
}

// speaksTLS checks that who listens there agrees on TLS 1.3 with a certificate, and cuts whoever has none.
func speaksTLS(t *testing.T, addr string, f files) {
	t.Helper()
	own, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(f.ca)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	ctx, cancel := context.WithTimeout(t.Context(), servertest.Patience)
	defer cancel()
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: "127.0.0.1", RootCAs: roots, Certificates: []tls.Certificate{own}}
	conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", addr)
	if err != nil {
		t.Fatalf("%s: %v", addr, err)
	}
	defer conn.Close() //nolint:errcheck // nothing was said
	if v := conn.(*tls.Conn).ConnectionState().Version; v != tls.VersionTLS13 {
		t.Errorf("%s speaks TLS %x", addr, v)
	}
	config.Certificates = nil
	nobody, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", addr)
	if err == nil {
		defer nobody.Close() //nolint:errcheck // as above
		_ = nobody.SetReadDeadline(time.Now().Add(servertest.Patience))
		_, err = nobody.Read(make([]byte, 1)) // only the first word tells that a certificate was missed
	}
	if err == nil || !strings.Contains(err.Error(), "certificate required") && !strings.Contains(err.Error(), "reset by peer") {
		t.Errorf("%s, without a certificate: %v", addr, err)
	}
}

// A member that is started without certificates among others that have some, and the other way round, is talked to by nobody. Both sides say in
// their logs what is wrong, and it is back as soon as it is started as the others are.
func TestCerts_OneWithoutIsToldAndTells(t *testing.T) {
	t.Parallel()
	dir := issued(t)
	for name, with := range map[string]bool{"the others have some": true, "it alone has some": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := servertest.NewCluster(t, 3)
			none := files{}
			theirs, its := filesIn(dir, c.Nodes[0]), none
			if !with {
				theirs, its = none, theirs
			}
			for _, n := range c.Nodes {
				certified(n, theirs)
			}
			c.Launch()
			c.AwaitReady()
			for _, odd := range []*servertest.Node{c.Nodes[0], c.Nodes[2]} { // the one dials for links, the other is dialled
				odd.Terminate()
				certified(odd, its)
				odd.Launch()
				sealed, plain := c.Nodes[1], odd
				if !with {
					sealed, plain = odd, c.Nodes[1]
				}
				logs(t, sealed, "speaks no TLS, this node does")
				logs(t, plain, "speaks TLS, this node does not")
				if odd.Ready() {
					t.Errorf("%s is ready", odd.Name)
				}
				odd.Terminate()
				certified(odd, theirs)
				odd.Restart()
			}
		})
	}
}

func logs(t *testing.T, n *servertest.Node, text string) {
	t.Helper()
	servertest.Eventually(t, n.Name+" says: "+text, func() bool { return strings.Contains(n.Stderr(), text) })
}

// What is wrong with a node's files ends its start with one line.
func TestCerts_UnfitOnesEndTheStart(t *testing.T) {
	t.Parallel()
	dir, other := issued(t), issued(t)
	c := servertest.NewCluster(t, 3)
	n := c.Nodes[0]
	good := filesIn(dir, n)
	for _, row := range []struct {
		files files
		want  string
	}{
		{files{good.cert, filepath.Join(dir, "none.key"), good.ca}, "cluster-key: stat .*none.key: no such file"},
		{files{good.cert, filepath.Join(dir, "node2.key"), good.ca}, "is not the key of cluster-cert"},
		{files{good.cert, good.key, filepath.Join(other, "ca.crt")}, "was not signed by cluster-ca"},
	} {
		certified(n, row.files)
		n.Launch()
		refused(t, n, row.want)
	}
}
