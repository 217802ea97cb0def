package register_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/register"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a log in memory, which checks the expected seq as the real one does.
type memory struct {
	mu      sync.Mutex
	entries []im.Entry
	head    im.Head
	// next answers the next append in place of the log, which stores it first if store is set.
	next  im.Outcome
	store bool
	mute  bool // the next append is not answered as it should be
	loads int
}

func (m *memory) Append(a im.Append) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mute {
		m.mute = false
		if m.store {
			m.take(a)
		}
		go a.Done(m.next)
		return nil
	}
	go a.Done(m.take(a))
	return nil
}

func (m *memory) take(a im.Append) im.Outcome {
	if a.Expected != m.head.Seq {
		return im.Refused
	}
	for _, e := range a.Entries {
		if e.Seq != m.head.Seq+1 || e.TS <= m.head.TS {
			return im.Refused
		}
		m.head.Seq, m.head.TS = e.Seq, e.TS
	}
	m.entries = append(m.entries, a.Entries...)
	return im.Stored
}

func (m *memory) Load(_ im.Address, done func(im.Load, error)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loads++
	go done(im.Load{Head: m.head, Tail: slices.Clone(m.entries)}, nil)
}

func (m *memory) Head(im.Address) (im.Head, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.head, nil
}

// names is a register of names that were invited, in order.
func names(log register.Log, onValue func([]string)) *register.Register[[]string] {
	return register.New(register.Options[[]string]{
		Log: log, Addr: im.Nodes, Clock: func() im.Millis { return 1000 }, LookEvery: time.Second, OnValue: onValue,
		Fold: func(v []string, _ im.Millis, e *pb.Event) []string {
			return append(slices.Clip(v), e.GetNodeInvited().GetName())
		},
	})
}

func invited(name string) *pb.Event {
	return &pb.Event{Body: &pb.Event_NodeInvited{NodeInvited: &pb.NodeInvited{Name: name}}}
}

// add appends a name unless it is there.
func add(t *testing.T, r *register.Register[[]string], name string) {
	t.Helper()
	if err := r.Change(t.Context(), unlessThere(name)); err != nil {
		t.Fatal(err)
	}
}

func unlessThere(name string) func([]string, im.Millis) ([]*pb.Event, error) {
	return func(v []string, _ im.Millis) ([]*pb.Event, error) {
		if slices.Contains(v, name) {
			return nil, nil
		}
		return []*pb.Event{invited(name)}, nil
	}
}

// Of many writers each event is there once, all see the same in the end, and each is told of every value that it comes to, in
// order.
//
// Checked by breaking it: when a refused append is taken for stored, names are missing.
func TestChange_ManyWritersAgree(t *testing.T) {
	t.Parallel()
	log := &memory{}
	all := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	var writing sync.WaitGroup
	told := make([][]int, 4)
	registers := make([]*register.Register[[]string], len(told))
	for i := range registers {
		registers[i] = names(log, func(v []string) { told[i] = append(told[i], len(v)) })
		for _, name := range all {
			writing.Go(func() { add(t, registers[i], name) })
		}
	}
	writing.Wait()
	for i, r := range registers {
		if err := r.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := slices.Sorted(slices.Values(r.Value())); !slices.Equal(got, all) {
			t.Errorf("register %d has %v, want %v", i, got, all)
		}
		if !slices.Equal(r.Value(), registers[0].Value()) {
			t.Errorf("register %d has %v, the first %v", i, r.Value(), registers[0].Value())
		}
		if !slices.IsSorted(told[i]) || told[i][len(told[i])-1] != len(all) {
			t.Errorf("register %d was told of values of %v names", i, told[i])
		}
	}
}

// Events of one change are stored together, with seqs and stamps that go on; one without an answer is looked for.
func TestChange_IsStoredOnceAndTogether(t *testing.T) {
	t.Parallel()
	for name, log := range map[string]*memory{
		"answered":            {},
		"stored and unknown":  {mute: true, store: true, next: im.Unknown},
		"lost and unknown":    {mute: true, next: im.Unknown},
		"of a leader who was": {mute: true, next: im.Moved},
	} {
		r := names(log, nil)
		err := r.Change(t.Context(), func(v []string, _ im.Millis) ([]*pb.Event, error) {
			if len(v) > 0 {
				return nil, nil
			}
			return []*pb.Event{invited("a"), invited("b")}, nil
		})
		if got := r.Value(); err != nil || !slices.Equal(got, []string{"a", "b"}) || len(log.entries) != 2 || log.head.TS != 1001 {
			t.Errorf("%s: %v, %v in %d entries up to %d", name, err, got, len(log.entries), log.head.TS)
		}
	}
}

// A refusal is the caller's, and nothing is written.
func TestChange_HandsOnARefusal(t *testing.T) {
	t.Parallel()
	log, no := &memory{}, im.E("x", im.Conflict, "no")
	err := names(log, nil).Change(t.Context(), func([]string, im.Millis) ([]*pb.Event, error) { return nil, no })
	if !errors.Is(err, no) || len(log.entries) > 0 {
		t.Errorf("%v, %d entries", err, len(log.entries))
	}
}

// What another node has written is known after a look, and a look that finds nothing reads nothing.
func TestRun_FollowsWhatOthersWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &memory{}
		here, there := names(log, nil), names(log, nil)
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { there.Run(ctx) })
		defer running.Wait()
		defer cancel()
		add(t, here, "a")
		<-time.After(time.Second)
		synctest.Wait()
		if got := there.Value(); !slices.Equal(got, []string{"a"}) {
			t.Errorf("after a look: %v", got)
		}
		before := log.loads
		<-time.After(time.Minute)
		if log.loads != before {
			t.Errorf("%d reads of a log that did not change", log.loads-before)
		}
	})
}

// An entry that is none is an error for operators, and leaves the value as it is.
func TestRead_RefusesWhatIsNoEvent(t *testing.T) {
	t.Parallel()
	good, _ := proto.Marshal(invited("a"))
	log := &memory{head: im.Head{Seq: 2}, entries: []im.Entry{{Seq: 1, Body: good}, {Seq: 2, Body: []byte{0xff}}}}
	r := names(log, nil)
	if err := r.Load(t.Context()); im.KindOf(err) != im.Internal || err == nil || len(r.Value()) > 0 {
		t.Errorf("%v, %v", err, r.Value())
	}
}
