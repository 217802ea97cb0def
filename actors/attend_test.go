package actors_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

var (
	tom   = im.User(app, "tom")
	jerry = im.User(app, "jerry")
)

// attend makes u come or go, and waits until its actor has looked.
func attend(l *life, u im.Address, present bool) {
	l.t.Helper()
	l.hub.setPresent(u, present)
	l.Nudge(&pb.Nudge{To: pb.NewAddress(u), Body: &pb.Nudge_Attend{Attend: &pb.Attend{}}})
	l.must(u, profile()) // goes the same way, behind the nudge
}

func login() *pb.Command {
	return &pb.Command{Id: "login", Body: &pb.Command_Login{Login: &pb.Login{}}}
}

// friends starts a node where tom and jerry are friends and awake, and nobody is online.
func friends(t *testing.T, change func(*life, *actors.Options)) *life {
	t.Helper()
	l := begin(t, newLog(t), newHub(), 1, change)
	l.must(pair, befriend("tom", "jerry"))
	l.must(tom, login())
	l.must(jerry, login())
	return l
}

// A friend who is online hears once that a user came, and once that the user has been gone for a while; a user who is
// back before that causes nothing.
func TestShell_FriendsHearOfPresenceOnce(t *testing.T) {
	l := friends(t, func(_ *life, o *actors.Options) { o.OfflineAfter = 2 * time.Second })
	attend(l, jerry, true)
	l.must(tom, profile()) // behind what jerry's says
	attend(l, tom, true)
	await(t, "jerry hears of tom", func() bool { return l.hub.announced() == "jerry: +tom" })
	attend(l, tom, true)
	attend(l, tom, false)
	attend(l, tom, true) // a reconnect
	attend(l, tom, false)
	await(t, "jerry hears that tom went", func() bool { return l.hub.announced() == "jerry: +tom, jerry: -tom" })
	attend(l, tom, true)
	await(t, "jerry hears of tom again", func() bool { return l.hub.announced() == "jerry: +tom, jerry: -tom, jerry: +tom" })
}

// Who has just lost its last session has none, and is online as long as it may come back: whoever looks meanwhile must not see
// somebody go of whom friends hear nothing.
//
// Checked by breaking it: it fails when a profile's online counts sessions alone, and when it does not count them.
func TestShell_WhoReconnectsIsOnlineMeanwhile(t *testing.T) {
	l := friends(t, func(_ *life, o *actors.Options) { o.OfflineAfter = time.Hour })
	see := func() (sessions uint32, online bool) {
		p := l.must(tom, profile()).GetProfile()
		return p.GetSessions(), p.GetOnline()
	}
	if n, online := see(); n != 0 || online {
		t.Errorf("before it comes: %d sessions, online: %v", n, online)
	}
	l.hub.setPresent(tom, true) // its actor has not heard so yet
	if n, online := see(); n != 1 || !online {
		t.Errorf("when it comes: %d sessions, online: %v", n, online)
	}
	attend(l, tom, true)
	attend(l, tom, false)
	if n, online := see(); n != 0 || !online {
		t.Errorf("when it reconnects: %d sessions, online: %v", n, online)
	}
}

// Actors of users who are online stay awake; when the users have gone they sleep, and a friend who comes online then
// wakes nobody: nothing of them is loaded.
//
// Checked by breaking it: with owner.pass waking whom it has a nudge for, it fails.
func TestShell_PresenceWakesNobody(t *testing.T) {
	var loads *loadCounter
	l := friends(t, func(l *life, o *actors.Options) {
		loads = &loadCounter{Journal: l.journal, addr: tom}
		o.Journal, o.IdleAfter, o.OfflineAfter = loads, 50*time.Millisecond, time.Millisecond
	})
	attend(l, tom, true)
	awake := func(n int64) func() bool { return func() bool { return l.host.Active()[im.KindUser] == n } }
	await(t, "jerry sleeps, tom does not", awake(1))
	attend(l, tom, false)
	await(t, "both sleep", awake(0))
	l.must(jerry, login())
	before := loads.count.Load()
	attend(l, jerry, true)
	l.ask(sharing(tom), profile()) // goes through tom's owner, behind jerry's nudge
	if n := loads.count.Load() - before; n != 0 {
		t.Errorf("tom was loaded %d times", n)
	}
	if got := l.hub.announced(); got != "" {
		t.Errorf("announced %q, want nothing", got)
	}
}

// sharing returns another user on the shard of addr.
func sharing(addr im.Address) im.Address {
	for i := 0; ; i++ {
		if u := im.User(addr.App, im.UserID(fmt.Sprint("other", i))); u.Shard(shards) == addr.Shard(shards) {
			return u
		}
	}
}

// loadCounter counts how often an address is loaded.
type loadCounter struct {
	actors.Journal
	addr  im.Address
	count atomic.Int64
}

func (c *loadCounter) Load(addr im.Address, done func(im.Load, error)) {
	if addr == c.addr {
		c.count.Add(1)
	}
	c.Journal.Load(addr, done)
}

// An actor that starts over knows again who is online, and no session hears of it.
func TestShell_ResetLosesNoPresence(t *testing.T) {
	l := friends(t, func(l *life, o *actors.Options) {
		o.OfflineAfter = time.Millisecond
		o.Journal = &refuseOnce{Journal: l.journal, addr: jerry}
	})
	attend(l, jerry, true)
	l.must(tom, profile()) // behind what jerry's says
	attend(l, tom, true)
	await(t, "jerry hears of tom", func() bool { return l.hub.announced() == "jerry: +tom" })
	l.must(im.FriendDialog(app, "jerry", "spike"), befriend("jerry", "spike")) // jerry's append is refused, and repeated
	attend(l, tom, false)
	await(t, "jerry hears that tom went", func() bool { return l.hub.announced() == "jerry: +tom, jerry: -tom" })
}

// refuseOnce refuses the first append of an address after its first.
type refuseOnce struct {
	actors.Journal
	addr  im.Address
	count int
}

func (r *refuseOnce) Append(a im.Append) error {
	if a.Addr != r.addr {
		return r.Journal.Append(a)
	}
	if r.count++; r.count == 2 {
		go a.Done(im.Refused)
		return nil
	}
	return r.Journal.Append(a)
}
