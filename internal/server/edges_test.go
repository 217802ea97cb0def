package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/cluster/certs"
	"github.com/parley-im/parley/cluster/certs/certstest"
	"github.com/parley-im/parley/cluster/link"
	"github.com/parley-im/parley/internal/keypair"
)

// edge is what clients see of a node, n1 or n2 and so on, and its links. What its sessions would answer, says here.
type edge struct {
	*port
	name string
	// linkAddr is where other nodes dial.
	linkAddr string
	links    *link.Links
	tunnels  *tunnels
	passing  *passing
	// clients is how to speak to it over TLS, nil = it speaks none.
	clients *tls.Config
}

// openEdges opens the edges of so many nodes that are linked. here answers what node, from 1 on, does not pass on.
func openEdges(t *testing.T, count int, ts times, here func(node int, w http.ResponseWriter, r *http.Request)) (edges []*edge) {
	t.Helper()
	return edgesWith(t, nil, nil, count, ts, here)
}

// opener is openEdges, or the same for nodes that speak TLS.
type opener func(t *testing.T, count int, ts times, here func(node int, w http.ResponseWriter, r *http.Request)) []*edge

// plainAndSealed runs a test with nodes that speak no TLS, with nodes that speak it to each other, and with nodes that speak it to clients, too.
func plainAndSealed(t *testing.T, test func(t *testing.T, open opener)) {
	t.Helper()
	t.Run("plain", func(t *testing.T) { test(t, openEdges) })
	files := certstest.NewCA(t).Issue(t, t.TempDir(), certstest.Node{Hosts: []string{"127.0.0.1"}})
	own, err := certs.Open(files, nil)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := keypair.Open(keypair.Files{Cert: files.Cert, Key: files.Key}, TLSFlags, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string]*keypair.Watched{"sealed": nil, "secure": pair} {
		t.Run(name, func(t *testing.T) {
			test(t, func(t *testing.T, count int, ts times, here func(int, http.ResponseWriter, *http.Request)) []*edge {
				t.Helper()
				return edgesWith(t, own, pair, count, ts, here)
			})
		})
	}
}

// edgesWith is openEdges for nodes that speak TLS to each other and to clients; nil = they do not.
func edgesWith(t *testing.T, own *certs.Certs, pair *keypair.Watched, count int, ts times, here func(node int, w http.ResponseWriter, r *http.Request)) (edges []*edge) {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	var credentials link.Credentials
	if own != nil {
		credentials = own
	}
	name := func(replica uint64) string { return fmt.Sprint("n", replica) }
	for i := 1; i <= count; i++ {
		e := &edge{name: name(uint64(i)), port: newPort(newCrowd(mustListen(t), 4000), ts, quiet)}
		if pair != nil {
			e.secure(pair.GetCertificate)
			e.clients = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: own.Client("").RootCAs}
		}
		l := mustListen(t)
		e.linkAddr, e.tunnels = l.Addr().String(), e.openTunnels()
		e.links = link.Start(link.Options{Node: e.name, Listener: l, Tunnel: e.tunnels.take, Credentials: credentials})
		e.passing = newPassing(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { here(i, w, r) }),
			func(replica uint64) string {
				if replica == 0 || replica == uint64(i) || replica > uint64(count) {
					return ""
				}
				return name(replica)
			},
			func(ctx context.Context, node string) (net.Conn, error) { return e.tunnels.dial(ctx, e.links, node) }, quiet)
		e.gate.open(e.passing)
		go e.server.Serve(e.port) //nolint:errcheck // it ends with the test
		edges = append(edges, e)
		t.Cleanup(e.end)
	}
	for _, e := range edges {
		for _, other := range edges {
			e.links.SetPeer(other.name, other.linkAddr)
		}
		e.links.Open()
	}
	for _, e := range edges {
		eventually(t, "all links are up", func() bool {
			for _, s := range e.links.States() {
				if !s.Up {
					return false
				}
			}
			return true
		})
	}
	return edges
}

func mustListen(t *testing.T) net.Listener {
	t.Helper()
	l, err := listen(t.Context(), "listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (e *edge) end() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	e.passing.close()
	e.close(ctx) //nolint:errcheck // it cuts what is left
	e.passing.wait()
	e.links.Close()
}

// ask sends a request for a session to the edge and returns the answer.
func (e *edge) ask(t *testing.T, method, query, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, e.scheme()+e.Addr().String()+"/socket.io/?"+query, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Transport{DisableKeepAlives: true, DisableCompression: true, TLSClientConfig: e.clients}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func (e *edge) scheme() string {
	if e.clients == nil {
		return "http://"
	}
	return "https://"
}

// connect sends text on a new connection to the edge.
func (e *edge) connect(t *testing.T, text string) half {
	t.Helper()
	if e.clients == nil {
		return connect(t, e.Addr().String(), text).(half)
	}
	config := e.clients.Clone()
	config.ServerName = "127.0.0.1"
	c := tls.Client(connect(t, e.Addr().String(), ""), config)
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

// half is a connection of which one side can be closed.
type half interface {
	net.Conn
	CloseWrite() error
}

// asking is an ask that is under way.
type asking chan string

// begin begins a GET for a session.
func (e *edge) begin(t *testing.T, query string) asking {
	t.Helper()
	a := make(asking, 1)
	go func() {
		_, answer := e.ask(t, http.MethodGet, query, "")
		a <- answer
	}()
	return a
}

func (a asking) want(t *testing.T, answer string) {
	t.Helper()
	select {
	case got := <-a:
		if got != answer {
			t.Errorf("answered %q, want %q", got, answer)
		}
	case <-time.After(patience):
		t.Errorf("no answer, want %q", answer)
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	late, tick := time.After(patience), time.NewTicker(2*time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("still not so: ", what)
		}
	}
}
