package system

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/cluster/certs/certstest"
	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// issue writes a certificate and its key to dir, over those that are there.
func issue(t *testing.T, ca *certstest.CA, dir string) (cert, key, roots string) {
	t.Helper()
	files := ca.Issue(t, dir, certstest.Node{Hosts: []string{"127.0.0.1"}})
	return files.Cert, files.Key, files.CA
}

// secured starts a node that speaks TLS by files in dir, and returns that of the key.
func secured(t *testing.T, ca *certstest.CA, dir string) (n *servertest.Node, key string) {
	t.Helper()
	cert, key, roots := issue(t, ca, dir)
	n = servertest.New(t)
	n.SpeakTLS(cert, key, roots)
	n.Restart()
	return n, key
}

// shown returns the serial number of the certificate that a new handshake shows.
func shown(t *testing.T, n *servertest.Node) string {
	t.Helper()
	c, err := tls.DialWithDialer(&net.Dialer{Timeout: servertest.Patience}, "tcp", n.Listen, n.TLS())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // it was only looked at
	return c.ConnectionState().PeerCertificates[0].SerialNumber.String()
}

// Clients come by WebSocket and by polling and talk, and so does REST. While they are there the certificate is renewed, then spoilt, then
// mended: new handshakes see the renewed one at any time, and who is there goes on talking. Then the node ends in time.
//
// Checked by breaking it: without Run nothing is renewed; with the spoilt pair taken the log does not say what is wrong.
func TestTLS_ClientsTalkWhileTheCertificateIsRenewed(t *testing.T) {
	t.Parallel()
	ca, dir := certstest.NewCA(t), t.TempDir()
	n, key := secured(t, ca, dir)
	befriend(t, n, "tom", "jerry")
	tom := visit(t, n, client.Options{User: "tom", Revision: 4})
	jerry := visit(t, n, client.Options{User: "jerry", Revision: 4, Polling: true})
	old := visit(t, n, client.Options{User: "jerry", Revision: 3, Polling: true})
	said := 0
	talk := func() {
		t.Helper()
		said++
		sayAndWait(t, tom.Conn, client.Text("jerry", "ping"))
		sayAndWait(t, jerry.Conn, client.Text("tom", "pong"))
		for name, e := range map[string]*ear{"tom": tom, "jerry": jerry, "old": old} {
			servertest.Eventually(t, name+" hears", func() bool {
				return strings.Count(strings.Join(e.all(), "\n"), "message ") >= said
			})
		}
	}
	talk()
	if left := n.Metrics()["parley_tls_certificate_left_seconds"]; left <= 0 || left > 3600 {
		t.Errorf("%v s are left, want an hour", left)
	}

	first := shown(t, n)
	issue(t, ca, dir)
	servertest.Eventually(t, "the renewed certificate is shown", func() bool { return shown(t, n) != first })
	second := shown(t, n)
	talk()

	good, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(key, []byte("spoilt"), 0o600); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "the log says what is wrong", func() bool {
		return strings.Contains(n.Stderr(), "stays in use") && strings.Contains(n.Stderr(), "tls-key "+key+": holds no private key")
	})
	if now := shown(t, n); now != second {
		t.Errorf("shows %s, want the one that was read before, %s", now, second)
	}
	talk()
	visit(t, n, client.Options{User: "spike", Revision: 3}).Cut()
	if err := os.WriteFile(key, good, 0o600); err != nil {
		t.Fatal(err)
	}
	issue(t, ca, dir)
	servertest.Eventually(t, "the mended certificate is shown", func() bool { return shown(t, n) != second })
	talk()

	began := time.Now()
	if code := n.Terminate(); code != 0 {
		t.Errorf("exit code %d, want 0\n%s", code, n.Stderr())
	}
	if took := time.Since(began); took > stopBudget {
		t.Errorf("stopping took %v, want %v at most", took, stopBudget)
	}
	if tom.Dismissed() || jerry.Dismissed() || old.Dismissed() {
		t.Error("a client was told to stay away")
	}
}

// Who speaks plain HTTP to the port hears a 400 that says so; operators' pages stay without TLS.
func TestTLS_PlainHTTPIsToldSo(t *testing.T) {
	t.Parallel()
	n, _ := secured(t, certstest.NewCA(t), t.TempDir())
	c, err := net.DialTimeout("tcp", n.Listen, servertest.Patience)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // the test ends
	if err := c.SetDeadline(time.Now().Add(servertest.Patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write([]byte("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // it ends with the connection
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("answered %s, want 400", res.Status)
	}
	if line := n.Stdout(); !strings.Contains(line, "https://"+n.Listen) || !strings.Contains(line, n.AdminURL()) {
		t.Errorf("the banner does not say where the node is:\n%s", line)
	}
}

// What is wrong with the two flags or their files is a usage error, in one line that names the flag, before anything is made.
//
// Checked by breaking it: without CheckTLS in cmd/parley the exit code of the last three is 1.
func TestRefuse_CertificateForClients(t *testing.T) {
	t.Parallel()
	ca := certstest.NewCA(t)
	cert, key, _ := issue(t, ca, t.TempDir())
	_, other, _ := issue(t, ca, t.TempDir())
	for name, c := range map[string]struct {
		flags []string
		says  string
	}{
		"no key":         {[]string{"--tls-cert", cert}, "give both"},
		"no certificate": {[]string{"--tls-key", key}, "give both"},
		"no such file":   {[]string{"--tls-cert", cert, "--tls-key", key + ".none"}, "tls-key: stat"},
		"mixed up":       {[]string{"--tls-cert", key, "--tls-key", cert}, "holds no certificate"},
		"another's key":  {[]string{"--tls-cert", cert, "--tls-key", other}, "is not the key of tls-cert"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := servertest.New(t, c.flags...)
			n.Launch()
			if code := n.AwaitExit(); code != 2 || !strings.Contains(n.Stderr(), c.says) {
				t.Errorf("exit code %d, want 2 and %q:\n%s", code, c.says, n.Stderr())
			}
			if _, err := os.Stat(n.Dir); !os.IsNotExist(err) {
				t.Errorf("the data directory was made: %v", err)
			}
		})
	}
}

// Clients that say nothing, or stop within the handshake, are cut in time, and others are served meanwhile.
//
// Checked by breaking it: they stay when the port has no time for headers, which is the handshake's, too.
func TestTLS_WhoStallsIsCut(t *testing.T) {
	t.Parallel()
	n, _ := secured(t, certstest.NewCA(t), t.TempDir())
	const bound = servertest.Slowdown * 20 * time.Second // it is 10 s
	began := time.Now()
	stalled := []string{"", "\x16\x03\x01", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("x", 100)}
	ended := make(chan error, len(stalled))
	for _, begin := range stalled {
		conn, err := net.Dial("tcp", n.Listen)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() //nolint:errcheck // the server has closed it
		if err := conn.SetDeadline(began.Add(bound)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, begin); err != nil {
			t.Fatal(err)
		}
		go func() {
			_, err := io.Copy(io.Discard, conn)
			ended <- err
		}()
	}
	login(t, n, "tom", client.Options{})
	for range stalled {
		if err := <-ended; os.IsTimeout(err) {
			t.Errorf("one is still there after %v", bound)
		}
	}
}
