package actors_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/eventlog/logtest"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// desk is a journal that counts loads and snapshots, and may keep the answers to loads.
type desk struct {
	actors.Journal
	mu        sync.Mutex
	keeping   bool
	kept      []func()
	loads     int
	snapshots map[im.Address]int
}

// beginDesk begins a life whose actors stay awake for an hour, unless they have reason to sleep sooner.
func beginDesk(t *testing.T, log *logtest.Memory, hub *hubDouble, term uint64) (*life, *desk) {
	t.Helper()
	d := &desk{Journal: log, snapshots: map[im.Address]int{}}
	l := begin(t, log, hub, term, func(_ *life, o *actors.Options) {
		o.Journal, o.IdleAfter = d, time.Hour
	})
	await(t, "owners have looked", func() bool { return l.host.CaughtUp(shards) })
	return l, d
}

// Load implements actors.Journal.
func (d *desk) Load(addr im.Address, done func(im.Load, error)) {
	d.mu.Lock()
	d.loads++
	if d.keeping {
		d.kept = append(d.kept, func() { d.Journal.Load(addr, done) })
		d.mu.Unlock()
		return
	}
	d.mu.Unlock()
	d.Journal.Load(addr, done)
}

// Snapshot implements actors.Journal.
func (d *desk) Snapshot(a im.Address, e im.Epoch, seq uint64, ts im.Millis, state []byte, done func(im.Outcome)) error {
	d.mu.Lock()
	d.snapshots[a]++
	d.mu.Unlock()
	return d.Journal.Snapshot(a, e, seq, ts, state, done)
}

// keep has the answers to loads wait, or ends that.
func (d *desk) keep(keeping bool) {
	d.mu.Lock()
	kept := d.kept
	d.keeping, d.kept = keeping, nil
	d.mu.Unlock()
	for _, load := range kept {
		load()
	}
}

func (d *desk) loaded() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.loads
}

func (d *desk) made(a im.Address) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.snapshots[a]
}

func isCovered(log *logtest.Memory, addr im.Address) bool {
	h := log.Head(addr)
	return h.Seq > 0 && h.SnapSeq == h.Seq
}

// asleep fills a log with two friends and what they said, and returns it with a hub where both are online.
func asleep(t *testing.T) (*logtest.Memory, *hubDouble) {
	t.Helper()
	log, hub := newLog(t), newHub()
	l := begin(t, log, hub, 1, nil)
	l.must(pair, befriend("tom", "jerry"))
	for i := range 5 {
		l.must(pair, say(fmt.Sprint("m", i), "tom", "jerry"))
	}
	await(t, "nothing is owed", func() bool { return owedBy(log, pair) == 0 })
	l.end()
	if isCovered(log, pair) || isCovered(log, tom) {
		t.Fatal("covered already: the test would prove nothing")
	}
	return log, hub
}

// owedBy returns how many addresses of addr's shard owe something.
func owedBy(log *logtest.Memory, addr im.Address) int {
	c := make(chan int, 1)
	log.Owed(addr.Shard(shards), func(addrs []im.Address, _ error) { c <- len(addrs) })
	return <-c
}

// An actor that sleeps is woken to make a snapshot of all its events, few as they are, and sleeps again at once. Of a user who is
// online nobody asks the hub, and nobody hears; the next command finds an actor that does look.
//
// Checked by breaking it: it fails when Cover wakes nobody, when the snapshot waits for growth, when who was woken looks who is
// there, and when it does not look when the command comes.
func TestShell_CoverWakesForASnapshotAlone(t *testing.T) {
	t.Parallel()
	log, hub := asleep(t)
	hub.setPresent(tom, true) // with the node before; nobody has woken its actor yet
	hub.setPresent(jerry, true)
	l, _ := beginDesk(t, log, hub, 2)
	looked := false
	hub.setHinder(func(call string, _ im.Address) (bool, error) {
		looked = looked || call == "settle"
		return false, nil
	})
	for _, addr := range []im.Address{pair, tom} {
		l.host.Cover(addr)
		await(t, "a snapshot of "+addr.ID, func() bool { return isCovered(log, addr) })
	}
	await(t, "the dialog sleeps", func() bool { return l.host.Active()[im.KindDialog] == 0 })
	if hub.setHinder(nil); looked || hub.announced() != "" || !hub.isBefore(tom) {
		t.Errorf("looked who is there: %v; heard: %s", looked, hub.announced())
	}
	l.must(tom, profile())
	await(t, "tom's actor takes over", func() bool { return !hub.isBefore(tom) })
	if got := l.must(pair, say("next", "jerry", "tom")).GetSay().GetN(); got != 6 {
		t.Errorf("the next message has n = %d, want 6", got)
	}
}

// Who asks a friend whose actor is loading is answered at once if nobody is there. Were the question lost, it would be asked again, as
// one to which the answer is news, and sessions would hear that somebody went who was not there.
//
// Checked by breaking it: it fails when who is loading does not answer, and when who is loaded to be covered drops the question that it
// is joined for.
func TestShell_WhoIsLoadingAnswers(t *testing.T) {
	for why, begun := range map[string]func(*life){
		"for a session": func(l *life) { wake(l, tom) },
		"to be covered": func(l *life) { l.host.Cover(tom) },
	} {
		t.Run(why, func(t *testing.T) {
			log, hub := asleep(t)
			l, d := beginDesk(t, log, hub, 2)
			l.must(jerry, login())
			before := d.loaded()
			d.keep(true)
			begun(l)
			await(t, "tom's actor loads", func() bool { return d.loaded() > before })
			attend(l, jerry, true)
			await(t, "jerry's sessions know of tom", func() bool { return hub.believes(jerry, "tom", isOffline) })
			d.keep(false)
			l.must(tom, profile())
			if got := hub.announced(); got != "" {
				t.Errorf("heard %q", got)
			}
		})
	}
}

// Who is awake makes a snapshot as well, of what is not covered, and goes on; who is covered makes none.
//
// Checked by breaking it: it fails when an actor that is awake is not told, and when what is covered is covered again.
func TestShell_CoverOfWhoIsAwake(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	l, d := beginDesk(t, log, newHub(), 1)
	l.must(pair, befriend("tom", "jerry"))
	l.must(pair, say("m1", "tom", "jerry"))
	for range 3 {
		l.host.Cover(pair)
		await(t, "a snapshot", func() bool { return isCovered(log, pair) })
		l.must(pair, &pb.Command{Body: &pb.Command_Friendship{Friendship: &pb.Friendship{}}}) // behind the cover
	}
	if n := d.made(pair); n != 1 {
		t.Errorf("%d snapshots of the same, want 1", n)
	}
	if l.host.Active()[im.KindDialog] != 1 {
		t.Error("the dialog sleeps")
	}
	l.must(pair, say("m2", "tom", "jerry"))
	l.host.Cover(pair)
	await(t, "another snapshot", func() bool { return isCovered(log, pair) })
}

// However many are to be covered while nothing can be loaded, few are woken: the rest is forgotten. Whoever is asked for
// something else meanwhile answers as ever, and makes room. In the end all who were woken are covered and sleep, and so is who
// is asked for again.
//
// Checked by breaking it: it fails without the bound, when who has answered, or was joined, counts on, and when who is covered
// stays awake until its owner finds it idle.
func TestShell_CoversAreBounded(t *testing.T) {
	t.Parallel()
	log, hub := newLog(t), newHub()
	first := begin(t, log, hub, 1, nil)
	var all []im.Address
	for i := 0; len(all) < 300; i++ {
		u := im.User(app, im.UserID(fmt.Sprint("u", i)))
		if u.Shard(shards) == 1 {
			first.must(u, login())
			all = append(all, u)
		}
	}
	first.end()
	l, d := beginDesk(t, log, hub, 2)
	d.keep(true)
	for _, u := range all {
		l.host.Cover(u)
	}
	await(t, "as many wake as may", func() bool { l.host.Cover(all[298]); return d.loaded() >= 64 })
	joined := make(chan *pb.Reply, 1)
	go func() { joined <- l.ask(all[0], profile()) }()
	await(t, "there is room for one more", func() bool { l.host.Cover(all[299]); return d.loaded() >= 65 })
	if n := d.loaded(); n != 65 {
		t.Errorf("%d were woken, want 64, and one more for the one that was joined", n)
	}
	d.keep(false)
	if r := <-joined; r.Err("test") != nil {
		t.Errorf("who was asked for something else meanwhile: %v", r)
	}
	for _, u := range all {
		await(t, "a snapshot of "+u.ID, func() bool { l.host.Cover(u); return isCovered(log, u) })
	}
	if n := l.host.Active()[im.KindUser]; n > 100 { // an owner looks for who is idle after five seconds
		t.Errorf("%d are awake still", n)
	}
}

// Cover never waits, and does nothing where it cannot: of what nobody owns here, of what has no actors, of what never was.
func TestShell_CoverOfNothing(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	l, d := beginDesk(t, log, newHub(), 1)
	never := im.Room(app, "never")
	l.host.Cover(im.Apps)
	l.host.Cover(im.Device(app, "phone")) // the test has no actors of devices
	l.host.Cover(never)
	await(t, "it is looked at", func() bool { return d.loaded() > 0 })
	await(t, "it sleeps", func() bool { return l.host.Active()[im.KindRoom] == 0 })
	if log.Head(never) != (im.Head{}) || d.made(never) > 0 {
		t.Errorf("something was stored: %+v", log.Head(never))
	}
	l.end()
	for range 10_000 {
		l.host.Cover(never)
	}
}
