package clock

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/auth"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/server"
	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

const (
	hour = time.Hour
	day  = 24 * time.Hour
)

// node is a node in this process, and the clock that it is given.
type node struct {
	t    *testing.T
	opts server.Options
	// wrong is by how much the clock is ahead, in ms.
	wrong   atomic.Int64
	running *server.Server
	rest    client.REST
}

// newNode returns a node that runs, with the right time.
func newNode(t *testing.T) *node {
	t.Helper()
	addrs := servertest.FreeAddrs(t, 2)
	n := &node{t: t, opts: server.Options{
		Dir: t.TempDir() + "/data", Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0", RaftListen: addrs[0], ActorListen: addrs[1],
		Shards: 4, Version: "test", Logger: slog.New(slog.DiscardHandler),
		Apps: []auth.App{{ID: servertest.App, ClientKey: servertest.ClientKey, MasterKey: servertest.MasterKey}},
	}}
	n.opts.Clock = func() im.Millis { return im.At(time.Now()) + im.Millis(n.wrong.Load()) }
	n.start()
	t.Cleanup(n.stop)
	return n
}

// set sets the clock ahead by so much, less than zero = back.
func (n *node) set(ahead time.Duration) { n.wrong.Store(ahead.Milliseconds()) }

func (n *node) start() {
	n.t.Helper()
	var err error
	if n.running, err = server.Start(context.Background(), n.opts); err != nil {
		n.t.Fatal(err)
	}
	n.rest = client.REST{
		URL: "http://" + n.running.Addr(), App: servertest.App, Key: servertest.ClientKey,
		HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
}

func (n *node) stop() {
	if n.running == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), servertest.Patience)
	defer cancel()
	if err := n.running.Close(ctx); err != nil {
		n.t.Errorf("stop: %v", err)
	}
	n.running = nil
}
