package eventlog_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/servertest"
)

// stalled opens a log of one shard whose disk stands still with a message that is on its way: no sync of a file ends until
// goOn is called. outcome takes what became of the message.
func stalled(t *testing.T, change func(*eventlog.Options)) (l *eventlog.Log, outcome chan im.Outcome, goOn func()) {
	t.Helper()
	m := newMachine(t)
	o := m.options()
	o.Shards = 1
	o.ProposeTimeout = time.Hour
	change(&o)
	l = open(t, o)
	t.Cleanup(func() { closeLog(t, l) })
	if got := say(t, l, ann, 0); got != im.Stored {
		t.Fatal(got)
	}
	outcome = make(chan im.Outcome, 100)
	m.gate.Lock()
	goOn = sync.OnceFunc(m.gate.Unlock)
	t.Cleanup(goOn)
	begin(t, l, ann, 1, outcome)
	awaitInFlight(t, l, 1)
	return l, outcome, goOn
}

// awaitInFlight waits until so many proposals are on their way.
func awaitInFlight(t *testing.T, l *eventlog.Log, want int) {
	t.Helper()
	servertest.Eventually(t, "proposals are on their way", func() bool { return l.Stats().Shards[1].InFlight == want })
}

// begin appends a message after seq, and does not wait.
func begin(t *testing.T, l *eventlog.Log, a im.Address, seq uint64, outcome chan im.Outcome) {
	t.Helper()
	err := l.Append(im.Append{
		Addr: a, Epoch: im.Epoch{Term: 1, Activation: 1}, Expected: seq, Done: func(o im.Outcome) { outcome <- o },
		Entries: []im.Entry{{N: seq + 1, TS: im.At(time.Now()) + im.Millis(seq), Body: []byte("hello")}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A read that gets no barrier fails as Unavailable when its time is up and not sooner, also when it is the disk that stands
// still, and Raft's own clock with it. Once the disk goes on, reads are answered, and what was on its way is stored.
//
// Checked by breaking it: if readIndex waits for Raft alone the read does not fail, and with half the time in barrier it
// fails too soon.
func TestRead_WithoutABarrierIsUnavailable(t *testing.T) {
	const limit = 500 * time.Millisecond
	l, outcome, goOn := stalled(t, func(o *eventlog.Options) { o.BarrierTimeout = limit })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var began time.Time
	var err error
	for err == nil { // the first may come before Raft writes
		began = time.Now()
		_, err = l.Read(ctx, ann, 0, 10)
	}
	if im.KindOf(err) != im.Unavailable || ctx.Err() != nil {
		t.Errorf("the read failed with %v, want unavailable", err)
	}
	if took, tick := time.Since(began), 100*time.Millisecond; took < limit-tick {
		t.Errorf("it failed after %v, want %v", took, limit)
	}
	goOn()
	if got := <-outcome; got != im.Stored {
		t.Errorf("the append is %v, want stored", got)
	}
	if entries, err := l.Read(t.Context(), ann, 0, 10); err != nil || len(entries) != 2 {
		t.Errorf("later there were %d entries, %v, want 2", len(entries), err)
	}
}

// A barrier that fails takes along the reads whose time is up, and no others: one that came while it was under way has its
// whole time too.
//
// Checked by breaking it: when serve fails all that it has taken, the second read fails too soon.
func TestRead_HasItsWholeTimeForABarrier(t *testing.T) {
	const limit = 500 * time.Millisecond
	l, outcome, goOn := stalled(t, func(o *eventlog.Options) { o.BarrierTimeout = limit })
	for err := error(nil); err == nil; { // the first may come before Raft writes
		_, err = l.Read(t.Context(), ann, 0, 10)
	}
	took := make(chan time.Duration, 3)
	for range cap(took) {
		began := time.Now()
		l.Confirm(ann, 1, im.Epoch{}, func(err error) {
			if err != nil {
				took <- time.Since(began)
			}
		})
		<-time.After(limit / 3)
	}
	for range cap(took) {
		if took, tick := <-took, 100*time.Millisecond; took < limit-tick {
			t.Errorf("a read failed after %v, want %v", took, limit)
		}
	}
	goOn()
	if got := <-outcome; got != im.Stored {
		t.Errorf("the append is %v, want stored", got)
	}
}

// Two proposals of a shard are on their way at most. What comes while the disk holds both waits in the queue, and goes with
// the next proposal, all of it together.
//
// Checked by breaking it: with three for inFlight there are three on their way.
func TestShard_TwoProposalsAreOnTheirWay(t *testing.T) {
	const waiting = 20
	var mu sync.Mutex
	var batches []int
	l, outcome, goOn := stalled(t, func(o *eventlog.Options) {
		o.Observe.Batch = func(shard im.ShardID, items, _ int, _ time.Duration, _ bool) {
			mu.Lock()
			defer mu.Unlock()
			if shard == 1 {
				batches = append(batches, items)
			}
		}
		o.ToldEvery = time.Hour
	})
	bob := im.User("app", "bob")
	begin(t, l, bob, 0, outcome)
	awaitInFlight(t, l, 2)
	for i := range waiting {
		begin(t, l, im.User("app", im.UserID(fmt.Sprint("user", i))), 0, outcome)
		<-time.After(time.Millisecond) // in which a committer that may would take it
	}
	if st := l.Stats().Shards[1]; st.InFlight != 2 || st.QueuedItems != waiting {
		t.Errorf("%d proposals are on their way and %d items wait, want 2 and %d", st.InFlight, st.QueuedItems, waiting)
	}
	goOn()
	for range 2 + waiting {
		if got := <-outcome; got != im.Stored {
			t.Errorf("an append is %v, want stored", got)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if got, want := fmt.Sprint(batches), fmt.Sprint([]int{1, 1, 1, waiting}); got != want {
		t.Errorf("the proposals had %v items, want %v", got, want)
	}
}
