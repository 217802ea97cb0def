package system

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

func TestMain(m *testing.M) {
	// More at a time than there are cores: the longest wait for a window to pass. The command line has the last word.
	if err := flag.Set("test.parallel", "4"); err != nil {
		fmt.Fprintln(os.Stderr, "test/system:", err)
		os.Exit(1)
	}
	servertest.Main(m)
}

// What the server says while it is busy (docs/protocol.md, section 13).
const (
	unavailable = 5013
	overloaded  = 5014
)

// rest returns a REST client that shares no code with the server.
func rest(n *servertest.Node) client.REST {
	r := client.REST{URL: n.URL(), App: servertest.App, Key: servertest.ClientKey, Insist: servertest.Patience}
	if n.CA != "" {
		r.HTTP = n.HTTP()
	}
	return r
}

// login returns a socket of user; o says how, its address, app and user are set here. The test ends when the login is
// refused.
func login(t *testing.T, n *servertest.Node, user string, o client.Options) *client.Conn {
	t.Helper()
	o.Addr, o.App, o.User, o.Sign = n.Listen, servertest.App, user, client.SignNow(servertest.ClientKey)
	o.TLS = n.TLS()
	ctx, cancel := context.WithTimeout(t.Context(), servertest.Patience)
	defer cancel()
	c, err := client.Insist(ctx, o)
	if err != nil {
		t.Fatalf("log in as %s: %v\n%s", user, err, n.Stderr())
	}
	t.Cleanup(c.Cut)
	return c
}
