package logtest

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/parley-im/parley/im"
)

// patience bounds every wait of the suite.
const patience = 20 * time.Second

// bench is a log under test with what the tests do to it again and again.
type bench struct {
	log    Subject
	shards uint32
	drawn  int
}

func (b *bench) close(t *testing.T) {
	if err := b.log.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// address returns one that no other test has used.
func (b *bench) address() im.Address {
	b.drawn++
	return im.User("suite", im.UserID(fmt.Sprintf("u%d", b.drawn)))
}

var e1, e2 = im.Epoch{Term: 1, Activation: 1}, im.Epoch{Term: 1, Activation: 2}

// writer appends to one address the way an actor does.
type writer struct {
	t     *testing.T
	b     *bench
	addr  im.Address
	epoch im.Epoch
	seq   uint64
	n     uint64
	ts    im.Millis
}

func (b *bench) writer(t *testing.T) *writer {
	return &writer{t: t, b: b, addr: b.address(), epoch: e1, ts: now}
}

// message returns the next entry that is a message.
func (w *writer) message(id string) im.Entry {
	w.n++
	e := w.fact()
	e.N, e.ID = w.n, id
	return e
}

// fact returns the next entry that is no message.
func (w *writer) fact() im.Entry {
	w.seq++
	w.ts++
	return im.Entry{Seq: w.seq, TS: w.ts, Body: []byte(fmt.Sprintf("%s#%d", w.addr.ID, w.seq))}
}

// store appends entries and fails the test unless they are stored.
func (w *writer) store(entries ...im.Entry) []im.Entry {
	w.t.Helper()
	if o := w.append(w.epoch, w.seq-uint64(len(entries)), entries...); o != im.Stored {
		w.t.Fatalf("append of %d entries up to seq %d: %v, want stored", len(entries), w.seq, o)
	}
	return entries
}

func (w *writer) append(epoch im.Epoch, expected uint64, entries ...im.Entry) im.Outcome {
	w.t.Helper()
	return w.b.append(w.t, im.Append{Addr: w.addr, Epoch: epoch, Expected: expected, Entries: entries})
}

func (b *bench) append(t *testing.T, a im.Append) im.Outcome {
	t.Helper()
	c := make(chan im.Outcome, 1)
	a.Done = func(o im.Outcome) { c <- o }
	if err := b.log.Append(a); err != nil {
		t.Fatalf("append: %v", err)
	}
	return receive(t, c)
}

func (w *writer) snapshot(epoch im.Epoch, seq uint64, ts im.Millis, state []byte) im.Outcome {
	w.t.Helper()
	c := make(chan im.Outcome, 1)
	if err := w.b.log.Snapshot(w.addr, epoch, seq, ts, state, func(o im.Outcome) { c <- o }); err != nil {
		w.t.Fatalf("snapshot: %v", err)
	}
	return receive(w.t, c)
}

func (w *writer) load() im.Load {
	w.t.Helper()
	l, err := load(w.t, w.b.log, w.addr)
	if err != nil {
		w.t.Fatalf("load: %v", err)
	}
	return l
}

func load(t *testing.T, log Log, addr im.Address) (im.Load, error) {
	t.Helper()
	type answer struct {
		l   im.Load
		err error
	}
	c := make(chan answer, 1)
	log.Load(addr, func(l im.Load, err error) { c <- answer{l, err} })
	a := receive(t, c)
	return a.l, a.err
}

func (w *writer) confirm(seq uint64, epoch im.Epoch) error {
	w.t.Helper()
	c := make(chan error, 1)
	w.b.log.Confirm(w.addr, seq, epoch, func(err error) { c <- err })
	return receive(w.t, c)
}

func (b *bench) owed(t *testing.T, shard im.ShardID) []im.Address {
	t.Helper()
	c := make(chan []im.Address, 1)
	b.log.Owed(shard, func(a []im.Address, err error) {
		if err != nil {
			t.Errorf("owed: %v", err)
		}
		c <- a
	})
	return receive(t, c)
}

func (w *writer) history(before im.Millis, limit int) []im.Entry {
	w.t.Helper()
	h, err := w.b.log.History(context.Background(), w.addr, im.Before{TS: before}, limit)
	if err != nil {
		w.t.Fatalf("history: %v", err)
	}
	return h
}

func (w *writer) read(after uint64, limit int) []im.Entry {
	w.t.Helper()
	r, err := w.b.log.Read(context.Background(), w.addr, after, limit)
	if err != nil {
		w.t.Fatalf("read: %v", err)
	}
	return r
}

func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("no answer in time")
		panic("unreachable")
	}
}

// eventually asks again until ok says yes.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not in time", what)
		}
	}
}

func wantEntries(t *testing.T, what string, got, want []im.Entry) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d entries %v, want %d %v", what, len(got), seqs(got), len(want), seqs(want))
	}
	for i := range want {
		if g, w := got[i], want[i]; !sameEntry(g, w) {
			t.Fatalf("%s: entry %d is %+v, want %+v", what, i, g, w)
		}
	}
}

func sameEntry(a, b im.Entry) bool {
	return a.Seq == b.Seq && a.N == b.N && a.TS == b.TS && a.ID == b.ID && a.Owes == b.Owes && bytes.Equal(a.Body, b.Body)
}

func seqs(entries []im.Entry) []uint64 {
	out := make([]uint64, len(entries))
	for i, e := range entries {
		out[i] = e.Seq
	}
	return out
}

func reversed(entries []im.Entry) []im.Entry {
	out := make([]im.Entry, 0, len(entries))
	for i := len(entries) - 1; i >= 0; i-- {
		out = append(out, entries[i])
	}
	return out
}
