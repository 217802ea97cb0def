package disk

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newDisk returns a disk whose operations end their goroutine where others wait for ever, and what it logs.
func newDisk(o Options) (*Disk, *bytes.Buffer) {
	var log bytes.Buffer
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	d := New(o)
	d.hold = runtime.Goexit
	return d, &log
}

// returns reports whether op returns.
func returns(op func()) (returned bool) {
	var running sync.WaitGroup
	running.Go(func() {
		op()
		returned = true
	})
	running.Wait()
	return returned
}

// Of the first operation that fails somebody is told, once; neither it nor any that ends after it ever returns, so that
// nobody can try again, or acknowledge what rests on it.
//
// Checked by breaking it: with a judge that returns the error, every operation after the first returns.
func TestDisk_AfterAFailureNothingReturns(t *testing.T) {
	fails := func() error { return &fs.PathError{Op: "fdatasync", Path: "x", Err: syscall.EIO} }
	works := func() error { return nil }
	var told []error
	d, _ := newDisk(Options{OnBroken: func(err error) { told = append(told, err) }})
	if !returns(func() { d.Sync("a", works) }) || d.Broken() {
		t.Fatal("a disk that works is broken")
	}
	for _, op := range []func(){
		func() { d.Sync("b", fails) },
		func() { d.Sync("b", works) },
		func() { d.Do("create", "c", works) },
		func() { d.Write("d", nil, func([]byte) (int, error) { return 0, fails() }) },
	} {
		if returns(op) {
			t.Error("an operation returned although the disk is broken")
		}
	}
	var broken *BrokenError
	if len(told) != 1 || !errors.As(told[0], &broken) || broken.Op != OpSync || broken.Path != "b" || !errors.Is(broken, syscall.EIO) {
		t.Errorf("told %v, want the sync of b, once", told)
	}
	if !d.Broken() {
		t.Error("the disk is not broken")
	}
}

// That a file exists, does not, or was closed, is what the stores ask for, and no failure; and without anybody to tell,
// every error is the caller's.
func TestDisk_AnswersAreReturned(t *testing.T) {
	d, _ := newDisk(Options{OnBroken: func(err error) { t.Errorf("told %v", err) }})
	for _, want := range []error{nil, fs.ErrExist, syscall.ENOENT, syscall.ENOTEMPTY, os.ErrClosed} {
		if !returns(func() {
			if got := d.Do("remove", "a", func() error { return want }); !errors.Is(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		}) {
			t.Errorf("%v broke the disk", want)
		}
	}
	d, _ = newDisk(Options{})
	if !returns(func() {
		if _, err := d.Write("a", nil, func([]byte) (int, error) { return 0, syscall.ENOSPC }); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("got %v, want ENOSPC", err)
		}
	}) || d.Broken() {
		t.Error("the disk broke although nobody asked to be told")
	}
}

func TestBrokenError_SaysWhatToDo(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&fs.PathError{Op: "write", Path: "inner", Err: syscall.ENOSPC}, "no space left on device; nothing was acknowledged that is not on disk; make room, then"},
		{syscall.EDQUOT, "quota exceeded; nothing was acknowledged that is not on disk; make room, then"},
		{syscall.EMFILE, "too many open files; nothing was acknowledged that is not on disk; raise the limit of open files, then"},
		{syscall.EIO, "input/output error; nothing was acknowledged that is not on disk; see to the disk, then"},
		{errors.New("odd"), "odd; nothing was acknowledged that is not on disk; see to the disk, then"},
	} {
		got := (&BrokenError{Op: "write", Path: "data/raft/1.log", Err: c.err}).Error()
		if !strings.HasPrefix(got, "the disk failed: write data/raft/1.log: ") || !strings.Contains(got, c.want) || strings.Contains(got, "\n") {
			t.Errorf("%v: %q, want %q in one line", c.err, got, c.want)
		}
	}
}

// A disk is low below the minimum, until a quarter more is free; what cannot be read changes nothing; each change is
// logged once.
func TestDisk_IsLowUntilAQuarterMoreIsFree(t *testing.T) {
	free, broken := uint64(1000), error(nil)
	d, log := newDisk(Options{MinFree: 1000, Free: func() (uint64, error) { return free, broken }})
	for i, step := range []struct {
		free   uint64
		err    error
		low    bool
		logged int
	}{
		{1000, nil, false, 0},
		{999, nil, true, 1},
		{1249, nil, true, 1},
		{9999, errors.New("unreadable"), true, 2},
		{9999, errors.New("unreadable"), true, 2},
		{1250, nil, false, 3},
		{1000, nil, false, 3},
	} {
		free, broken = step.free, step.err
		d.look()
		if logged := strings.Count(log.String(), "\n"); d.Low() != step.low || logged != step.logged {
			t.Errorf("step %d, %d free: low %v, %d lines; want %v, %d", i, step.free, d.Low(), logged, step.low, step.logged)
		}
	}
	if d.Free() != 1000 {
		t.Errorf("free %d, want 1000", d.Free())
	}
}

// A sync that is slow is logged while it is, once, and its end once the disk has been quick for a while; its time is told.
func TestDisk_SlowSyncsAreLoggedWhileTheyLast(t *testing.T) {
	var took []time.Duration
	d, log := newDisk(Options{OnSync: func(t time.Duration) { took = append(took, t) }})
	lines := func(want int) {
		t.Helper()
		if got := strings.Count(log.String(), "\n"); got != want {
			t.Errorf("%d lines, want %d:\n%s", got, want, log)
		}
	}
	var late time.Time
	d.Sync("a", func() error {
		d.lookForSlow(time.Now())
		lines(0)
		if d.Stalled() <= 0 {
			t.Error("a sync is under way, and nothing is stalled")
		}
		for range 3 {
			late = time.Now().Add(3 * time.Second)
			d.lookForSlow(late)
		}
		return nil
	})
	lines(1)
	d.lookForSlow(late.Add(calmAfter))
	lines(1)
	d.lookForSlow(late.Add(calmAfter + time.Millisecond))
	lines(2)
	if len(took) != 1 || d.Stalled() != 0 || !strings.Contains(log.String(), "path=a") || !strings.Contains(log.String(), "longest=3s") {
		t.Errorf("took %v, stalled %v\n%s", took, d.Stalled(), log)
	}
}

// Run looks at the disk until it is told to end.
func TestDisk_RunLooksAgain(t *testing.T) {
	looks := make(chan struct{}, 2)
	d, _ := newDisk(Options{Free: func() (uint64, error) {
		select {
		case looks <- struct{}{}:
		default:
		}
		return 1, nil
	}})
	done := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() { d.Run(done) })
	<-looks // of New
	<-looks
	close(done)
	running.Wait()
}
