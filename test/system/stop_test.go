package system

import (
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// stopBudget is how long a clean stop may take on a busy machine.
const stopBudget = servertest.Slowdown * 20 * time.Second

// SIGTERM ends the process with 0 in time, and closes the sockets of clients without DISCONNECT: that packet would
// keep them from ever coming back (docs/protocol.md 3.9).
func TestStop_ExitsZeroAndLetsClientsComeBack(t *testing.T) {
	n := servertest.Start(t)
	conns := []*client.Conn{
		login(t, n, "tom", client.Options{Revision: 3}), login(t, n, "tom", client.Options{Revision: 4}), login(t, n, "jerry", client.Options{}),
	}
	began := time.Now()
	if code := n.Terminate(); code != 0 {
		t.Errorf("exit code %d, want 0\n%s", code, n.Stderr())
	}
	if took := time.Since(began); took > stopBudget {
		t.Errorf("stopping took %v, want %v at most", took, stopBudget)
	}
	for i, c := range conns {
		select {
		case <-c.Done():
		case <-time.After(servertest.Patience):
			t.Fatalf("connection %d is still open", i)
		}
		if c.Dismissed() {
			t.Errorf("connection %d was told to stay away", i)
		}
	}
}
