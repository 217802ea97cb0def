package actors_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// lossy is a caller that loses what friends say to each other as long as it is told to.
type lossy struct {
	actors.Caller
	lost atomic.Int64
	// deaf is how many it is yet to lose.
	deaf atomic.Int64
}

func (c *lossy) Nudge(n *pb.Nudge) {
	if n.GetPresence() != nil && c.deaf.Add(-1) >= 0 {
		c.lost.Add(1)
		return
	}
	c.Caller.Nudge(n)
}

// What friends say to each other may be lost, on its way there or back: it is said again until they have answered, that
// a user comes as well as that it goes.
//
// Checked by breaking it: it fails when remind does nothing.
func TestShell_LostPresenceIsSaidAgain(t *testing.T) {
	var c *lossy
	l := friends(t, func(l *life, o *actors.Options) {
		c = &lossy{Caller: l}
		o.Caller, o.OfflineAfter, o.RemindAfter = c, time.Millisecond, 5*time.Millisecond
	})
	attend(l, jerry, true)
	l.must(tom, profile()) // behind what jerry's says
	c.deaf.Store(4)
	attend(l, tom, true)
	// tom's session hears of jerry: it may have come before jerry did.
	heard(l, "jerry: +tom", "tom: +jerry")
	c.deaf.Store(4)
	attend(l, tom, false)
	heard(l, "jerry: +tom", "jerry: -tom", "tom: +jerry")
	if c.lost.Load() < 8 {
		t.Errorf("%d were lost, want 8", c.lost.Load())
	}
}

// A user's last session goes with the owner of its shard, who alone knew that it was there. Friends who have not moved doubt what
// they heard, ask the next owner, who knows of nobody, and hear that the user went. What the earlier one says counts no more.
//
// Checked by breaking it: it fails when the host does not tell its owners of the leader (LeaderChanged), and when any term
// counts (terms).
func TestShell_WhoWentWithItsOwnerIsHeard(t *testing.T) {
	l := both(t)
	l.hub.setPresent(tom, false)
	replace(l, tom, 2)
	l.host.LeaderChanged(tom.Shard(shards), 2)
	heard(l, "all but [spike]: +tom", "spike: +tom", "spike: -tom")
	before := l.hub.announced()
	late := &pb.Presence{User: "tom", Online: true, Shard: uint32(tom.Shard(shards)), Term: 1, Asks: &pb.Question{Number: 1}}
	l.Nudge(&pb.Nudge{To: pb.NewAddress(spike), Body: &pb.Nudge_Presence{Presence: late}})
	l.must(spike, profile()) // behind it
	if got := l.hub.announced(); got != before {
		t.Errorf("heard %q of an earlier owner", got)
	}
}

// A friend's actor sleeps, since its shard has another owner, when a user goes. When it wakes it asks, and its sessions hear
// the difference; of who came meanwhile, too.
func TestShell_SleepingFriendHearsWhenItWakes(t *testing.T) {
	l := both(t)
	replace(l, spike, 2)
	leave(l, tom)
	l.must(tom, profile())
	wake(l, spike)
	heard(l, heardTomGo...)
	replace(l, spike, 3)
	attend(l, tom, true)
	wake(l, spike)
	await(t, "spike hears that tom is back", func() bool {
		return strings.Count(l.hub.announced(), "spike: +tom") == 2 && strings.Count(l.hub.announced(), "spike: -tom") == 1
	})
}

// slow is a log that answers no append of one address until it is told to.
type slow struct {
	actors.Journal
	addr im.Address

	mu      sync.Mutex
	holding bool
	held    []func()
}

// Append implements actors.Journal.
func (s *slow) Append(a im.Append) error {
	done := a.Done
	a.Done = func(o im.Outcome) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if a.Addr != s.addr || !s.holding {
			done(o)
			return
		}
		s.held = append(s.held, func() { done(o) })
	}
	return s.Journal.Append(a)
}

func (s *slow) hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holding = true
}

// answer answers what is held, and reports whether that is anything.
func (s *slow) answer() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, done := range s.held {
		done()
	}
	answered := len(s.held) > 0
	s.held = nil
	return answered
}

// A friend goes while a login waits for what was written before it: its sessions hear that once, and not that the friend is there, as
// it was when the login was decided.
//
// Checked by breaking it: it fails when a login announces what is so when it is decided.
func TestShell_LoginThatWaitedUndoesNothing(t *testing.T) {
	var log *slow
	l := friends(t, func(l *life, o *actors.Options) {
		log = &slow{Journal: l.journal, addr: jerry}
		o.Journal, o.OfflineAfter = log, time.Millisecond
	})
	attend(l, jerry, true)
	l.must(tom, profile()) // behind what jerry's says
	attend(l, tom, true)
	await(t, "jerry hears of tom", func() bool { return l.hub.announced() == "jerry: +tom" })
	log.hold()
	set := &pb.SetAttributes{Set: []*pb.Attribute{{Name: "age", Value: []byte("3")}}}
	answers := make(chan *pb.Reply, 2)
	l.send(jerry, &pb.Command{Id: "set", Body: &pb.Command_SetAttributes{SetAttributes: set}}, func(r *pb.Reply) { answers <- r })
	l.send(jerry, login(), func(r *pb.Reply) { answers <- r })
	attend(l, tom, false)
	const want = "jerry: +tom, jerry: -tom"
	await(t, "jerry hears that tom went", func() bool { return l.hub.announced() == want })
	await(t, "the log answers", log.answer)
	for range 2 {
		if r := <-answers; r.Err("test") != nil {
			t.Errorf("answered %v", r)
		}
	}
	if got := l.hub.announced(); got != want {
		t.Errorf("heard %q, want %q", got, want)
	}
}

// What sessions may have missed, since a link had no room for it, they are told later.
//
// Checked by breaking it: it fails when announce drops the error.
func TestShell_MissedPresenceIsToldLater(t *testing.T) {
	l := friends(t, func(_ *life, o *actors.Options) { o.RemindAfter = 5 * time.Millisecond })
	attend(l, jerry, true)
	l.must(tom, profile())   // behind what jerry's says
	l.must(jerry, profile()) // behind what tom's answers
	full := hindrance{err: im.E("test.announce", im.Overloaded, "")}
	l.hub.hinderNext("announce", jerry, full, full, full)
	attend(l, tom, true)
	await(t, "jerry hears of tom", func() bool { return l.hub.announced() == "jerry: +tom" })
}
