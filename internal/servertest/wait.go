package servertest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// Ports are drawn from below the range that outgoing connections draw theirs from (32768 and up on Linux), so that they
// stay free while a node is down between two starts.
const (
	firstPort = 10000
	portCount = 20000
)

// handedOut holds the ports that FreeAddrs has returned: one is free while its node is down between two starts, and a
// test beside must not get it.
var handedOut sync.Map

// FreeAddrs returns addresses on loopback that nobody listened on a moment ago, and that it never returned before.
func FreeAddrs(t testing.TB, count int) []string {
	t.Helper()
	addrs := make([]string, 0, count)
	for range 100 * count {
		port := firstPort + rand.IntN(portCount)
		if _, had := handedOut.LoadOrStore(port, true); had {
			continue
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue // taken
		}
		defer l.Close() //nolint:errcheck // all are held until all are known
		if addrs = append(addrs, l.Addr().String()); len(addrs) == count {
			return addrs
		}
	}
	t.Fatalf("no %d free ports from %d on", count, firstPort)
	return nil
}

// Eventually waits until what holds, and ends the test when it does not in time.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(Patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("still not so: %s", what)
		}
	}
}

// output collects what a process writes. Safe for concurrent use.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

// String returns everything written so far.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
