package logtest

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/im"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// reopenable makes Memory.Reopen fit the suite.
type reopenable struct{ *Memory }

func (r reopenable) Reopen(*testing.T) Subject { return reopenable{r.Memory.Reopen()} }

// TestMemory_KeepsThePromises runs the suite that the real log runs.
func TestMemory_KeepsThePromises(t *testing.T) {
	Run(t, func(_ *testing.T, c Config) Subject {
		return reopenable{NewMemory(Options{
			Shards: c.Shards, QueueBytes: c.QueueBytes, Retention: c.Retention, Clock: func() im.Millis { return c.Now },
		})}
	})
}

// TestMemory_HooksDecideOutcomes shows each hook at work.
func TestMemory_HooksDecideOutcomes(t *testing.T) {
	events := make(chan leadership, 64)
	m := NewMemory(Options{OnLeader: func(_ im.ShardID, l, term uint64) { events <- leadership{l, term} }})
	defer m.Close()
	b := &bench{log: reopenable{m}, shards: 4}
	w := b.writer(t)
	for range 5 {
		if got := receive(t, events); got != (leadership{1, 1}) {
			t.Fatalf("first leader event %v, want replica 1 in term 1", got)
		}
	}

	m.FailNext(im.Unknown, true)
	if o := w.append(e1, 0, w.fact()); o != im.Unknown || m.Head(w.addr).Seq != 1 {
		t.Fatalf("unknown but stored: %v, head %+v", o, m.Head(w.addr))
	}
	m.FailNext(im.Unknown, false)
	if o := w.append(e1, 1, im.Entry{TS: w.ts + 1}); o != im.Unknown || m.Head(w.addr).Seq != 1 {
		t.Fatalf("unknown and lost: %v, head %+v", o, m.Head(w.addr))
	}

	m.Hold()
	c := make(chan im.Outcome, 2)
	for range 2 {
		e := w.fact()
		if err := m.Append(im.Append{Addr: w.addr, Epoch: e1, Expected: e.Seq - 1, Entries: []im.Entry{e}, Done: func(o im.Outcome) { c <- o }}); err != nil {
			t.Fatal(err)
		}
	}
	if m.Queued() != 2 || w.load().Head.Seq != 1 {
		t.Fatalf("held: %d queued, head %+v", m.Queued(), w.load().Head)
	}
	m.Step(1)
	if o := receive(t, c); o != im.Stored || m.Queued() != 1 {
		t.Fatalf("stepped: %v, %d queued", o, m.Queued())
	}
	m.SetLeader(w.addr.Shard(4), 2, 2)
	m.Release()
	if o := receive(t, c); o != im.Moved {
		t.Fatalf("released after the leader moved: %v, want moved", o)
	}
	if got := receive(t, events); got != (leadership{2, 2}) {
		t.Fatalf("leader event %v, want replica 2 in term 2", got)
	}
}
