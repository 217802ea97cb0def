package eventlog_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/eventlog/logtest"
	"github.com/parley-im/parley/im"
)

const patience = slowdown * slowdown * 20 * time.Second

// open opens a log on a loopback port of its own and waits until it is ready.
func open(t testing.TB, o eventlog.Options) *eventlog.Log {
	t.Helper()
	if o.Node == "" {
		o.Node = "node1"
	}
	o.RaftAddr = "127.0.0.1:0"
	l, err := eventlog.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := l.Ready(ctx); err != nil {
		l.Close()
		t.Fatal(err)
	}
	return l
}

func closeLog(t testing.TB, l *eventlog.Log) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// suiteLog makes a Log fit the suite.
type suiteLog struct {
	*eventlog.Log
	t *testing.T
	o eventlog.Options
}

func (s *suiteLog) Reopen(t *testing.T) logtest.Subject {
	closeLog(t, s.Log)
	s.Log = open(t, s.o)
	return s
}

func (s *suiteLog) DropSnapshots() {
	closeLog(s.t, s.Log)
	if err := eventlog.DropSnapshots(s.o.Dir); err != nil {
		s.t.Fatal(err)
	}
	s.Log = open(s.t, s.o)
}

// TestLog_KeepsThePromises runs the conformance suite on a real log on disk.
func TestLog_KeepsThePromises(t *testing.T) {
	logtest.Run(t, func(t *testing.T, c logtest.Config) logtest.Subject {
		o := eventlog.Options{
			Dir: t.TempDir(), Shards: c.Shards, QueueBytes: c.QueueBytes, Retention: c.Retention,
			Clock: func() im.Millis { return c.Now }, ToldEvery: 20 * time.Millisecond,
		}
		o.Hurry()
		return &suiteLog{open(t, o), t, o}
	})
}

// What is kept for as long as messages goes by the time by which those go: a clock that leaps ahead, or was ahead when the node came back, deletes
// nothing.
//
// Checked by breaking it: it fails when Outdated goes by the wall clock, and by the clock that hides.
func TestLog_OutdatedIsByAClockThatIsBelieved(t *testing.T) {
	t.Parallel()
	now := atomic.Int64{}
	now.Store(1_760_000_000_000)
	o := eventlog.Options{Dir: t.TempDir(), Shards: 1, Retention: time.Hour, Clock: func() im.Millis { return im.Millis(now.Load()) }}
	before := func(l *eventlog.Log) time.Duration {
		t.Helper()
		b, ok := l.Outdated()
		if !ok {
			t.Fatal("a node alone does not know")
		}
		return time.Duration(1_760_000_000_000-int64(b)) * time.Millisecond
	}
	l := open(t, o)
	if got := before(l); got < 59*time.Minute || got > time.Hour {
		t.Errorf("what is older than %v may go, want an hour", got)
	}
	const month = 30 * 24 * time.Hour
	now.Add(month.Milliseconds())
	if got := before(l); got < 50*time.Minute {
		t.Errorf("the clock leaps: what is older than %v may go, want an hour", got)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, ok := l.Outdated(); ok {
		t.Error("a log that is closed knows what may go")
	}
	l = open(t, o)
	defer l.Close() //nolint:errcheck // it was only asked
	if got := before(l); got < 50*time.Minute {
		t.Errorf("the clock is ahead when the node comes back: what is older than %v may go, want an hour", got)
	}
}
