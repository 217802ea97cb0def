package baddays

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
)

// endsWithin is how long a node may go on after its disk has failed, and be killed by nobody.
const endsWithin = servertest.Slowdown * 15 * time.Second

// wantEnd waits for the end of a process whose disk failed: exit code 1, and one last line that names the operation, the
// path and the cause, and advises.
func wantEnd(t *testing.T, n *servertest.Node, op, path, cause, advice string) {
	t.Helper()
	began := time.Now()
	code := n.AwaitExit()
	if took := time.Since(began); code != 1 || took > endsWithin {
		t.Errorf("exit code %d after %v, want 1 within %v", code, took, endsWithin)
	}
	line, count := lastLine(n.Stderr())
	for _, want := range []string{"parley: the disk failed: " + op + " " + n.Dir + path, cause, advice} {
		if !strings.Contains(line, want) {
			t.Errorf("the last line is %q, want %q in it", line, want)
		}
	}
	if count != 1 || strings.Contains(n.Stderr(), "goroutine ") || strings.Contains(n.Stderr(), "panic") {
		t.Errorf("want one line and no panic:\n%s", n.Stderr())
	}
}

// The disk fills up while sixteen users talk. The node ends at once, with exit code 1 and one line; a start on the full
// disk ends the same way; and once there is room, a start serves everything that was acknowledged, and what was not is
// stored once when its sender repeats it.
//
// Checked by breaking it: when disk.Write says that it wrote what it did not, messages are lost that were acknowledged.
func TestFullDisk_EndsTheNodeAndLosesNothingAcknowledged(t *testing.T) {
	n := servertest.Start(t)
	l := begin(t, n)
	l.await(300)
	commandEnd(t, n, full)
	wantEnd(t, n, "write", "/raft/", "no space left on device", "make room")
	t.Setenv("PARLEY_FAULTS", full)
	again := servertest.Run(t, nil, n.Args()...)
	if line, count := lastLine(again.Stderr); again.Code != 1 || count != 1 || !strings.Contains(line, "no space left on device") ||
		strings.Contains(again.Stderr, "panic") {
		t.Errorf("a start on a full disk: exit code %d, want 1, and one line\n%s", again.Code, again.Stderr)
	}
	t.Setenv("PARLEY_FAULTS", "")
	n.Restart()
	l.await(100)
	l.finish()
}

// The disk has no room for the store when a node that was asked to end flushes it. It ends with 1 instead of 0 and says so,
// and the next start has everything: the Raft log has it.
//
// Checked by breaking it: when the store is not opened behind the disk (useDisk), the exit code is 0.
func TestFullDisk_AtTheEndOfANodeIsNoLoss(t *testing.T) {
	n := servertest.Start(t)
	l := begin(t, n)
	l.await(300)
	command(t, n, `{"full":true,"path":"/store/"}`)
	n.Terminate()
	wantEnd(t, n, "create", "/store/", "no space left on device", "make room")
	n.Restart()
	l.await(100)
	l.finish()
}

// An fsync fails while sixteen users talk: the node ends at once and does not try again, since the system forgets what it
// could not write and a second fsync would succeed. The next start serves everything that was acknowledged.
//
// Checked by breaking it: when disk.Sync tries a second time, the node goes on; when disk.judge returns the error, Pebble
// panics: exit code 2, and pages of stacks.
func TestFailingSync_EndsTheNodeAtOnceAndLosesNothingAcknowledged(t *testing.T) {
	n := servertest.Start(t)
	l := begin(t, n)
	l.await(300)
	commandEnd(t, n, failSync)
	wantEnd(t, n, "sync", "/raft/", "input/output error", "see to the disk")
	n.Restart()
	l.await(100)
	l.finish()
}
