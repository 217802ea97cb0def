package servertest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Ports are drawn from below the range that outgoing connections draw theirs from (32768 and up on Linux), so that they
// stay free while a node is down between two starts. Browsers go to none of those below the first.
const (
	firstPort = 10100
	portCount = 19900
)

// FreeAddrs returns addresses on loopback that nobody listened on a moment ago. They are this process's until it ends.
func FreeAddrs(t testing.TB, count int) []string {
	t.Helper()
	addrs := make([]string, 0, count)
	for range 100 * count {
		port := firstPort + rand.IntN(portCount)
		if !claim(port) {
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

// claims holds the locks of the ports that are this process's.
var claims sync.Map

// claim reports whether port became this process's. A port is free while its node is down between two starts, and no
// test beside, in this process or another one, may get it then: hence a lock on a file, which ends with the process.
func claim(port int) bool {
	if _, mine := claims.Load(port); mine {
		return false
	}
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("parley-test-ports-%d", os.Getuid()))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return false
	}
	f, err := os.OpenFile(filepath.Join(dir, strconv.Itoa(port)), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return false
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close() //nolint:errcheck // nothing was written
		return false
	}
	if _, lost := claims.LoadOrStore(port, f); lost {
		f.Close() //nolint:errcheck // nothing was written
		return false
	}
	return true
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
