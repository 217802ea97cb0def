package eventlog

import (
	"errors"
	"slices"
	"testing"

	"github.com/lni/dragonboat/v4/raftio"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

func sized(n int) job { return job{part: nil, size: n} }

// TestQueue_RefusesOverItsBounds: bytes and items are bounded, an empty queue takes anything, force ignores both.
func TestQueue_RefusesOverItsBounds(t *testing.T) {
	q := newQueue(100, 3)
	for _, step := range []struct {
		force bool
		jobs  []job
		want  error
	}{
		{false, []job{sized(500)}, nil}, // empty: a giant must get through at some time
		{false, []job{sized(1)}, errOverloaded},
		{true, []job{sized(1)}, nil},
	} {
		if err := q.put(step.force, step.jobs...); !errors.Is(err, step.want) {
			t.Fatalf("put of %d jobs: %v, want %v", len(step.jobs), err, step.want)
		}
	}
	q.take()
	for i, want := range []error{nil, nil, nil, errOverloaded} {
		if err := q.put(false, sized(10)); !errors.Is(err, want) {
			t.Fatalf("put %d of 3: %v, want %v", i+1, err, want)
		}
	}
	if jobs, bytes := q.load(); jobs != 3 || bytes != 30 {
		t.Fatalf("load %d jobs, %d bytes, want 3 and 30", jobs, bytes)
	}
}

// TestQueue_TakesBatchesInOrder: a proposal holds at most batchItems items and batchBytes bytes, or one larger job.
func TestQueue_TakesBatchesInOrder(t *testing.T) {
	q := newQueue(1<<30, 1<<20)
	const total = 3*batchItems + 10
	for i := range total {
		if err := q.put(false, job{size: 1, told: make([]told, 1), outcome: im.Outcome(i % 200)}); err != nil {
			t.Fatal(err)
		}
	}
	next := 0
	for _, want := range []int{batchItems, batchItems, batchItems, 10} {
		jobs, _ := q.take()
		if len(jobs) != want {
			t.Fatalf("took %d jobs, want %d", len(jobs), want)
		}
		for _, j := range jobs {
			if j.outcome != im.Outcome(next%200) {
				t.Fatalf("job %d is out of order", next)
			}
			next++
		}
	}
	for _, size := range []int{batchBytes / 2, batchBytes / 2, 1, 2 * batchBytes, 1} {
		if err := q.put(false, sized(size)); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []int{2, 1, 1, 1} {
		if jobs, _ := q.take(); len(jobs) != want {
			t.Fatalf("took %d jobs, want %d", len(jobs), want)
		}
	}
}

// Copies and burials are proposals of their own, whatever waits beside them: the store takes no command that holds others, too. Marks are
// not.
//
// Checked by breaking it: it fails when only the first job of a proposal is looked at, or only the others.
func TestQueue_SomeUpkeepGoesAlone(t *testing.T) {
	q := newQueue(100, 100)
	alone := job{size: 1, upkeep: &upkeep{n: 2, alone: true}}
	mark := job{size: 1, upkeep: &upkeep{n: 1}}
	if err := q.put(false, sized(1), mark, alone, alone, sized(1), sized(1), alone); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{2, 1, 1, 2, 1} {
		if jobs, _ := q.take(); len(jobs) != want {
			t.Fatalf("proposal %d of %d jobs, want %d", i+1, len(jobs), want)
		}
	}
}

// TestQueue_CloseHandsOutTheRest: whoever queued before is answered, whoever comes after is told.
func TestQueue_CloseHandsOutTheRest(t *testing.T) {
	q := newQueue(1<<30, 1<<20)
	for range 2 * batchItems {
		if err := q.put(false, sized(1)); err != nil {
			t.Fatal(err)
		}
	}
	q.close()
	if err := q.put(true, sized(1)); !errors.Is(err, errClosed) {
		t.Fatalf("put after close: %v", err)
	}
	if jobs, closed := q.take(); len(jobs) != 2*batchItems || !closed {
		t.Fatalf("took %d jobs, closed %v, want all and true", len(jobs), closed)
	}
	if jobs, closed := q.take(); len(jobs) != 0 || !closed {
		t.Fatalf("took %d jobs, closed %v, want none and true", len(jobs), closed)
	}
}

// TestLeaders_NeverBlockAndKeepTheLatest: events that come while OnLeader is busy are folded per shard.
func TestLeaders_NeverBlockAndKeepTheLatest(t *testing.T) {
	type event struct {
		shard        im.ShardID
		leader, term uint64
	}
	busy, events, stop := make(chan struct{}), make(chan event, 16), make(chan struct{})
	l := newLeaders(8, func(s im.ShardID, leader, term uint64) {
		events <- event{s, leader, term}
		<-busy
	}, nil)
	ended := make(chan struct{})
	go func() {
		l.run(stop)
		close(ended)
	}()
	l.LeaderUpdated(raftio.LeaderInfo{ShardID: 1, LeaderID: 1, Term: 1})
	if got, want := <-events, (event{0, 1, 1}); got != want {
		t.Fatalf("first event %v, want %v", got, want)
	}
	for term := range uint64(1000) { // OnLeader has not returned yet
		l.LeaderUpdated(raftio.LeaderInfo{ShardID: 3, LeaderID: term % 2, Term: term + 1})
		l.LeaderUpdated(raftio.LeaderInfo{ShardID: 2, LeaderID: 1, Term: term + 1})
	}
	close(busy)
	for _, want := range []event{{2, 1, 1000}, {1, 1, 1000}} {
		if got := <-events; got != want {
			t.Fatalf("event %v, want %v", got, want)
		}
	}
	close(stop)
	<-ended
	if len(events) > 0 {
		t.Fatalf("%d events too many", len(events))
	}
}

// A snapshot whose next part finds the queue closed is answered: its log has moved. One whose part was not stored gets that
// answer, and no further part is queued; one that finds the queue full goes on.
//
// Checked by breaking it: it fails without any of the three.
func TestParts_AreAnsweredOnce(t *testing.T) {
	begin := func(q *queue) (*parts, *[]im.Outcome) {
		var got []im.Outcome
		p := newParts(&shard{queue: q}, im.Room("a", "r"), im.Epoch{}, 1, 1, make([]byte, 2*store.MaxPart), func(o im.Outcome) { got = append(got, o) })
		return p, &got
	}
	closed, full, fresh := newQueue(1, 1), newQueue(1, 1), newQueue(1<<20, 9)
	closed.close()
	if err := full.put(false, job{size: 1}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		queue   *queue
		outcome im.Outcome
		want    []im.Outcome
		queued  int
	}{
		{"stored, but the queue is closed", closed, im.Stored, []im.Outcome{im.Moved}, 0},
		{"stored, and the queue is full", full, im.Stored, nil, 2},
		{"not stored", fresh, im.Unknown, []im.Outcome{im.Unknown}, 0},
	} {
		p, got := begin(c.queue)
		p.job().done(c.outcome)
		if n, _ := c.queue.load(); !slices.Equal(*got, c.want) || n != c.queued {
			t.Errorf("%s: answered %v, %d queued; want %v, %d", c.name, *got, n, c.want, c.queued)
		}
	}
}
