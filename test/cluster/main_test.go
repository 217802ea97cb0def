package cluster

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// rest returns a REST client of n that shares no code with the server.
func rest(n *servertest.Node) client.REST {
	return client.REST{URL: n.URL(), App: servertest.App, Key: servertest.ClientKey, Insist: servertest.Patience}
}

// ask sends a request to n, ends the test unless status comes back, and returns the answer's body.
func ask(t *testing.T, n *servertest.Node, method, path string, body any, status int) string {
	t.Helper()
	got, text, err := rest(n).Send(t.Context(), method, path, body)
	if err != nil || got != status {
		t.Fatalf("%s: %s %s: %d %s %v, want %d", n.Name, method, path, got, text, err, status)
	}
	return string(text)
}

func get(t *testing.T, n *servertest.Node, path string) string {
	t.Helper()
	return ask(t, n, http.MethodGet, path, nil, http.StatusOK)
}

// same checks that a GET is answered with want on every node.
func same(t *testing.T, nodes []*servertest.Node, path, want string) {
	t.Helper()
	for _, n := range nodes {
		if got := get(t, n, path); got != want {
			t.Errorf("%s: %s\n got %s\nwant %s", n.Name, path, got, want)
		}
	}
}

func befriend(t *testing.T, n *servertest.Node, a, b string) {
	t.Helper()
	if err := rest(n).Befriend(t.Context(), a, b); err != nil {
		t.Fatal(err)
	}
}

// found makes a group or a room ("/groups", "/rooms") and returns its id.
func found(t *testing.T, n *servertest.Node, path string, body map[string]any) (id string) {
	t.Helper()
	if err := json.Unmarshal([]byte(ask(t, n, http.MethodPost, path, body, http.StatusOK)), &id); err != nil {
		t.Fatal(err)
	}
	return id
}

func members(ids ...string) map[string]any { return map[string]any{"members": ids} }

// login returns a socket of o.User, or of a passenger, on n; address, app and signature are set here.
func login(t *testing.T, n *servertest.Node, o client.Options) *client.Conn {
	t.Helper()
	c, err := dial(t.Context(), n, o)
	if err != nil {
		t.Fatalf("log in as %s on %s: %v", o.User, n.Name, err)
	}
	t.Cleanup(c.Cut)
	return c
}

func dial(ctx context.Context, n *servertest.Node, o client.Options) (*client.Conn, error) {
	if o.App == "" {
		o.App = servertest.App
	}
	o.Addr, o.Sign = n.Listen, client.SignNow(servertest.ClientKey)
	ctx, cancel := context.WithTimeout(ctx, servertest.Patience)
	defer cancel()
	return client.Insist(ctx, o)
}
