package eventlog_test

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// childDir names the directory in the environment of the process that is killed.
const childDir = "PARLEY_EVENTLOG_KILL_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		child(dir)
	}
	if dir := os.Getenv(flipBase); dir != "" {
		flipChild(dir)
	}
	goleak.VerifyTestMain(m)
}

// TestLog_KillLosesNothingAcknowledged kills a process that writes to a log on the real disk, five times, and finds
// everything that it had reported.
func TestLog_KillLosesNothingAcknowledged(t *testing.T) {
	o := eventlog.Options{Dir: t.TempDir(), Shards: 2}
	o.Hurry()
	acked := make(map[string]uint64) // address to the last seq reported
	for range 5 {
		killAfter(t, o.Dir, 300, acked)
		l := open(t, o)
		for user, seq := range acked {
			a := im.User("kill", im.UserID(user))
			entries, err := l.Read(context.Background(), a, 0, math.MaxInt)
			if err == nil {
				err = checkOrder(entries)
			}
			if err != nil || uint64(len(entries)) < seq {
				t.Fatalf("%s: %d entries, %v, but %d were acknowledged", a, len(entries), err, seq)
			}
		}
		closeLog(t, l)
	}
}

// killAfter runs the child until it has reported n acknowledgements, kills it, and notes all that it reported.
func killAfter(t *testing.T, dir string, n int, acked map[string]uint64) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timeout := time.AfterFunc(patience, func() { cmd.Process.Kill() }) //nolint:errcheck // it may be gone already
	defer timeout.Stop()
	reports := bufio.NewScanner(out)
	got := 0
	for reports.Scan() {
		user, seq, _ := strings.Cut(reports.Text(), " ")
		if acked[user], err = strconv.ParseUint(seq, 10, 64); err != nil {
			t.Fatalf("report %q: %v", reports.Text(), err)
		}
		if got++; got == n {
			cmd.Process.Kill() //nolint:errcheck // Wait tells
		}
	}
	if err := cmd.Wait(); err == nil || got < n {
		t.Fatalf("the child ended with %v after %d reports, want it killed after %d", err, got, n)
	}
}

// child appends to four addresses at once and reports each acknowledgement, until it is killed.
func child(dir string) {
	o := eventlog.Options{Dir: dir, Shards: 2}
	o.Hurry()
	l, err := eventlog.Open(o.On("127.0.0.1:0"))
	if err == nil {
		err = l.Ready(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var users sync.WaitGroup
	for i := range 4 {
		users.Go(func() { childUser(l, fmt.Sprintf("u%d", i)) })
	}
	users.Wait()
	os.Exit(1)
}

func childUser(l *eventlog.Log, user string) {
	a := im.User("kill", im.UserID(user))
	ld, err := loadNow(l, a)
	h := ld.Head
	c := make(chan im.Outcome, 1)
	for err == nil {
		h.TS = max(h.TS+1, im.At(time.Now()))
		err = l.Append(im.Append{
			Addr: a, Epoch: h.Epoch, Expected: h.Seq, Done: func(o im.Outcome) { c <- o },
			Entries: []im.Entry{{N: h.N + 1, TS: h.TS, Body: fmt.Appendf(nil, "%d", h.Seq+1)}},
		})
		if err == nil && <-c != im.Stored {
			return
		}
		h.Seq++
		h.N++
		fmt.Printf("%s %d\n", user, h.Seq)
	}
}
