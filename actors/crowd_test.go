package actors_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/room"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// gate is a way on which tells wait until it is opened.
type gate struct {
	actors.Caller
	mu      sync.Mutex
	waiting []func()
	open    bool
}

// Call implements actors.Caller.
func (g *gate) Call(to im.Address, cmd *pb.Command, timeout time.Duration, done func(*pb.Reply)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	pass := func() { g.Caller.Call(to, cmd, timeout, done) }
	if g.open || cmd.GetTell() == nil {
		pass()
		return
	}
	g.waiting = append(g.waiting, pass)
}

// under returns how many tells wait.
func (g *gate) under() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}

// let lets n of those that wait pass, in the order in which they came, or all and all others for n = 0.
func (g *gate) let(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n == 0 {
		g.open, n = true, len(g.waiting)
	}
	for _, pass := range g.waiting[:n] {
		pass()
	}
	g.waiting = g.waiting[n:]
}

// However many are to be told at once, 4,096 tells of one actor are under way; the others follow as these are answered, and
// everybody is told.
//
// Checked by breaking it: it fails without maxTells, and when an answer lets no other set out.
func TestShell_TellsUnderWayAreBounded(t *testing.T) {
	const size, most = 5000, 4096
	way, crowd := &gate{}, im.Room(app, "crowd")
	l := begin(t, newLog(t), newHub(), 1, func(l *life, o *actors.Options) {
		way.Caller, o.Caller = l, way
		o.Cores[im.KindRoom] = func(a im.Address) core.Core { return room.New(a, size) }
	})
	members := make([]string, size)
	for i := range members {
		members[i] = fmt.Sprint("u", i)
	}
	l.must(crowd, create("", members...)) // answered after a second at most
	if n := way.under(); n != most {
		t.Fatalf("%d tells are under way, want %d", n, most)
	}
	way.let(100)
	await(t, "a hundred others are told", func() bool { return way.under() == most })
	way.let(0)
	for _, u := range members {
		await(t, u+" is told", func() bool { return l.hub.listens(im.User(app, im.UserID(u)), "crowd") })
	}
}

// slowDisk keeps the answers to snapshots until it is asked for them.
type slowDisk struct {
	actors.Journal
	mu    sync.Mutex
	made  int
	under []func()
}

// Snapshot implements actors.Journal.
func (s *slowDisk) Snapshot(a im.Address, e im.Epoch, seq uint64, ts im.Millis, state []byte, done func(im.Outcome)) error {
	if a != pair {
		return s.Journal.Snapshot(a, e, seq, ts, state, done)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	return s.Journal.Snapshot(a, e, seq, ts, state, func(o im.Outcome) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.under = append(s.under, func() { done(o) })
	})
}

func (s *slowDisk) count() (made, under int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.made, len(s.under)
}

// A snapshot that takes long is the only one under way: one of the same actor at the same time would cost as much again, and
// parts of both would come to nothing.
//
// Checked by breaking it: without the look whether one is under way there are four.
func TestShell_OneSnapshotAtATime(t *testing.T) {
	slow := &slowDisk{}
	l := begin(t, newLog(t), newHub(), 1, func(_ *life, o *actors.Options) { slow.Journal, o.Journal = o.Journal, slow })
	l.must(pair, befriend("tom", "jerry"))
	said := 0
	talk := func(n int) {
		for range n {
			l.must(pair, say(fmt.Sprint("m", said), "tom", "jerry"))
			said++
		}
	}
	talk(300)
	if made, _ := slow.count(); made != 1 {
		t.Errorf("%d snapshots were made, want 1", made)
	}
	l.host.Cover(pair)
	talk(1)
	if made, under := slow.count(); made != 1 || under != 1 {
		t.Fatalf("%d snapshots were made when one was asked for, %d are under way; want 1", made, under)
	}
	slow.under[0]()
	await(t, "another one", func() bool { talk(1); made, _ := slow.count(); return made == 2 })
}
