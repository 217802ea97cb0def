package baddays

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

func TestMain(m *testing.M) { servertest.MainTagged(m, "faults") }

// What the disk may do.
const (
	good     = `{}`
	full     = `{"full":true}`
	failSync = `{"failSync":true}`
)

// command makes the disk under the node's stores misbehave.
func command(t *testing.T, n *servertest.Node, faults string) {
	t.Helper()
	if err := put(t, n, faults); err != nil {
		t.Fatal(err)
	}
}

// commandEnd is command for what the node ends of, maybe before it has answered.
func commandEnd(t *testing.T, n *servertest.Node, faults string) {
	t.Helper()
	if err := put(t, n, faults); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
		t.Fatal(err)
	}
}

func put(t *testing.T, n *servertest.Node, faults string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), servertest.Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, n.AdminURL()+"/debug/faults", strings.NewReader(faults))
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("PUT /debug/faults %s: %s", faults, res.Status)
	}
	return nil
}

// rest returns a REST client that shares no code with the server.
func rest(n *servertest.Node) client.REST {
	return client.REST{URL: n.URL(), App: servertest.App, Key: servertest.ClientKey}
}

// dial logs user in, or fails as the node does.
func dial(ctx context.Context, n *servertest.Node, user string, on func(c client.Options) client.Options) (*client.Conn, error) {
	o := client.Options{Addr: n.Listen, App: servertest.App, User: user, Sign: client.SignNow(servertest.ClientKey)}
	if on != nil {
		o = on(o)
	}
	return client.Dial(ctx, o)
}

// lastLine returns the last line of a process's stderr, and the number of lines that begin like it does up to the colon.
func lastLine(stderr string) (line string, count int) {
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	line = lines[len(lines)-1]
	prefix, _, _ := strings.Cut(line, ":")
	for _, l := range lines {
		if strings.HasPrefix(l, prefix+":") {
			count++
		}
	}
	return line, count
}
