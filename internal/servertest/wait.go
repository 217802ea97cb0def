package servertest

import (
	"bytes"
	"net"
	"sync"
	"testing"
	"time"
)

// FreeAddrs returns addresses on loopback that nobody listened on a moment ago.
func FreeAddrs(t testing.TB, count int) []string {
	t.Helper()
	addrs := make([]string, 0, count)
	for range count {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() //nolint:errcheck // all are held until all are known
		addrs = append(addrs, l.Addr().String())
	}
	return addrs
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
