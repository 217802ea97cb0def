package server

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/cluster/certs/certstest"
	"github.com/parley-im/parley/internal/keypair"
	"github.com/parley-im/parley/transport/reentry"
)

// newPair returns a certificate for 127.0.0.1, and how to speak to who shows it.
func newPair(t *testing.T) (pair *keypair.Watched, client *tls.Config) {
	t.Helper()
	files := certstest.NewCA(t).Issue(t, t.TempDir(), certstest.Node{Hosts: []string{"127.0.0.1"}})
	pair, err := keypair.Open(keypair.Files{Cert: files.Cert, Key: files.Key}, TLSFlags, nil)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(files.CA)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return pair, &tls.Config{MinVersion: tls.VersionTLS10, RootCAs: roots, ServerName: "127.0.0.1"}
}

// secured is openPort for a port that speaks TLS.
func secured(t *testing.T, times times, h http.HandlerFunc) (addr string, client *tls.Config) {
	t.Helper()
	pair, client := newPair(t)
	p := newPort(newCrowd(mustListen(t), 100), times, slog.New(slog.DiscardHandler))
	p.secure(pair.GetCertificate)
	serveTest(t, p)
	p.gate.open(h)
	return p.Addr().String(), client
}

func noContent(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

// TLS 1.2 and 1.3 are spoken and nothing older, with clients that know of HTTP/2 as well as with those that name no protocol; the answer is
// HTTP/1.1 in any case.
//
// Checked by breaking it: the first is taken without MinVersion, the last when no protocol is named, and
// "both" has no such answer when h2 is, too.
func TestTLS_VersionsAndProtocols(t *testing.T) {
	t.Parallel()
	addr, client := secured(t, calm, noContent)
	for name, c := range map[string]struct {
		version   uint16
		protocols []string
		taken     bool
	}{
		"TLS 1.1":       {tls.VersionTLS11, nil, false},
		"TLS 1.2":       {tls.VersionTLS12, nil, true},
		"TLS 1.3":       {tls.VersionTLS13, nil, true},
		"HTTP/1.1":      {tls.VersionTLS13, []string{"http/1.1"}, true},
		"both":          {tls.VersionTLS13, []string{"h2", "http/1.1"}, true},
		"HTTP/2 or not": {tls.VersionTLS13, []string{"h2"}, false},
	} {
		config := client.Clone()
		config.MaxVersion, config.NextProtos = c.version, c.protocols
		conn := tls.Client(connect(t, addr, ""), config)
		if err := conn.Handshake(); (err == nil) != c.taken {
			t.Errorf("%s: %v", name, err)
		}
		if !c.taken {
			continue
		}
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || res.StatusCode != http.StatusNoContent || conn.ConnectionState().Version != c.version {
			t.Errorf("%s: %v, %v", name, res, err)
		}
	}
}

// Who speaks plain HTTP to the port is told what is wrong.
func TestTLS_PlainHTTPIsToldSo(t *testing.T) {
	t.Parallel()
	addr, _ := secured(t, calm, noContent)
	for _, request := range []string{
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST /ctx HTTP/1.1\r\nHost: x\r\n\r\n", "HEAD / HTTP/1.0\r\n\r\n", "OPTIONS / HTTP/1.1\r\n\r\n",
		"GET /?auth=" + strings.Repeat("x", 4000) + " HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		conn := connect(t, addr, request)
		answer := make([]byte, 4096) // what follows may be a reset
		n, err := io.ReadFull(conn, answer)
		if !strings.HasPrefix(string(answer[:n]), "HTTP/1.0 400 ") || !strings.Contains(string(answer[:n]), "HTTP request to an HTTPS server") {
			t.Errorf("%.20q: %q, %v", request, answer[:n], err)
		}
	}
}

// Who stops or dawdles anywhere on the way to a request, or after it, is cut.
//
// Checked by breaking it: those that shake hands are all there for ever when the port has no times.
func TestTLS_LoiterersAreCut(t *testing.T) {
	t.Parallel()
	addr, client := secured(t, brief, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // what is cut is an error, too
		w.WriteHeader(http.StatusBadRequest)
	})
	hello := helloOf(t, client)
	for name, c := range map[string]struct {
		// shaken says that what follows goes over TLS, after a handshake.
		shaken      bool
		begin, drip string
	}{
		"silent":                  {false, "", ""},
		"half a record's head":    {false, hello[:3], ""},
		"half a hello":            {false, hello[:len(hello)/2], ""},
		"hello byte by byte":      {false, "\x16\x03\x01\x40\x00\x01\x00\x3f\xfc", "\x00"},
		"hello and no more":       {false, hello, ""},
		"other side byte by byte": {false, hello + "\x16\x03\x03\x40\x00", "x"},
		"silent after all":        {true, "", ""},
		"header byte by byte":     {true, "GET / HTTP/1.1\r\nHost: x\r\nX: ", "x"},
		"body byte by byte":       {true, "POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", "x"},
		"idle":                    {true, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := connect(t, addr, "")
			if c.shaken {
				shaken := tls.Client(conn, client)
				for shaken.Handshake() != nil { // who dawdles in that is cut, too
					shaken = tls.Client(connect(t, addr, ""), client)
				}
				conn = shaken
			}
			_, _ = io.WriteString(conn, c.begin) // it may be cut already
			stop := drip(conn, c.drip)
			defer stop()
			if _, err := io.Copy(io.Discard, conn); isTimeout(err) {
				t.Errorf("it is still there after %v", patience)
			}
		})
	}
}

// helloOf returns the first thing that such a client says.
func helloOf(t *testing.T, client *tls.Config) string {
	t.Helper()
	ours, theirs := net.Pipe()
	defer ours.Close() //nolint:errcheck // it ends the other
	go func() {
		_ = tls.Client(theirs, client).Handshake() // nobody answers
		_ = theirs.Close()
	}()
	hello := make([]byte, 16<<10)
	n, err := ours.Read(hello)
	if err != nil {
		t.Fatal(err)
	}
	return string(hello[:n])
}

// A connection that a handler took comes back, and serves on; what was read of it before comes first. It leaves the crowd once.
func TestTLS_ConnectionsComeBack(t *testing.T) {
	t.Parallel()
	pair, client := newPair(t)
	p := newPort(newCrowd(mustListen(t), 1), usual, slog.New(slog.DiscardHandler))
	p.secure(pair.GetCertificate)
	serveTest(t, p)
	p.gate.open(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/take" {
			noContent(w, r)
			return
		}
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		next, _ := rw.Peek(rw.Reader.Buffered())
		p.back.Return(conn, next)
	}))
	for range 3 { // there is room for one
		conn := tls.Client(connect(t, p.Addr().String(), ""), client)
		in := bufio.NewReader(conn)
		for range 3 {
			// Together they are one record, of which the first request is a part.
			if _, err := io.WriteString(conn, "GET /take HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			if res, err := http.ReadResponse(in, nil); err != nil || res.StatusCode != http.StatusNoContent {
				t.Fatal(res, err)
			}
		}
		conn.Close() //nolint:errcheck // the next one sees it
	}
}

// The end of a port waits for no client that takes nothing, however many there are.
//
// Checked by breaking it: without haste it takes five seconds for each of them.
func TestTLS_EndWaitsForNobody(t *testing.T) {
	t.Parallel()
	const clients, budget, enough = 3, 200 * time.Millisecond, 4 * time.Second
	pair, client := newPair(t)
	l := make(pipes, clients)
	p := &port{back: reentry.New(l.Addr(), 0)}
	p.server.Handler = http.HandlerFunc(noContent)
	p.Listener = &secure{Listener: l, config: &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.GetCertificate}, haste: &p.haste}
	served := make(chan error, 1)
	go func() { served <- p.serve() }()
	for range clients {
		theirs, ours := net.Pipe()
		defer ours.Close() //nolint:errcheck // the test ends
		l <- theirs
		conn := tls.Client(ours, client)
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if res, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || res.StatusCode != http.StatusNoContent {
			t.Fatal(res, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), budget)
	defer cancel()
	began := time.Now()
	p.close(ctx) //nolint:errcheck // they could not be told
	if took := time.Since(began); took > enough {
		t.Errorf("it took %v, want %v at most", took, budget)
	}
	<-served
}

// pipes is a listener of connections that have no room for anything that is not read.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if c, ok := <-p; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error { close(p); return nil }

func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }
