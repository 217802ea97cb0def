package eventlog_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// A window long enough for clocks to be wrong for a while: a bucket is an hour, so clocks may be five minutes off.
const (
	hourWindow = 7 * time.Hour
	hourTick   = 3 * time.Minute
	// slack is how much younger than the window a message may be when it goes: what a clock may be ahead and be believed.
	slack = im.Millis(5 * 60 * 1000)
)

// say stores two messages, later than those of before.
func (c *clocked) say() {
	c.t.Helper()
	stamp := c.s.talk(c.t, c.l, ann)
	if stamp <= c.stamp {
		c.t.Fatalf("a stamp of %d after %d", stamp, c.stamp)
	}
	c.stamp = stamp
}

// check fails when something has gone whose stamp is younger than the window by a right clock.
func (c *clocked) check() {
	c.t.Helper()
	most := c.right() - im.Millis(hourWindow.Milliseconds()) + slack
	if got := c.l.Marks(1, store.ClassUsual); got.Watermark > most {
		c.t.Fatalf("what is %v old is gone", time.Duration(c.right()-got.Watermark)*time.Millisecond)
	}
}

// clocked is a log of one node with hands, in which something is said each quarter of an hour.
type clocked struct {
	hands
	t     *testing.T
	o     eventlog.Options
	l     *eventlog.Log
	s     secret
	turns int
	stamp im.Millis // of the last message
}

func newClocked(t *testing.T) *clocked {
	c := &clocked{t: t, o: eventlog.Options{Dir: t.TempDir(), Shards: 1, Retention: hourWindow}, s: newSecret()}
	c.o.Hurry()
	c.on(&c.o)
	c.l = open(t, c.o)
	t.Cleanup(func() { closeLog(t, c.l) })
	return c
}

// goOn lets time pass, and says something now and then.
func (c *clocked) goOn(d time.Duration) {
	c.t.Helper()
	for range d / hourTick {
		c.pass(hourTick)
		c.l.Tick()
		if c.turns++; c.turns%5 == 0 {
			c.say()
			c.check()
		}
	}
}

// restart ends the node, which is down for a while.
func (c *clocked) restart(down time.Duration) {
	c.t.Helper()
	closeLog(c.t, c.l)
	c.pass(down)
	c.l = open(c.t, c.o)
}

// A wrong clock takes nothing away that is younger than the window, and no stamp goes back: one that leaps a month ahead and comes back,
// while the node runs or while it is down; one that is an hour back; one that steps about at random. When it is right again, what is
// old goes as ever. Something is said every quarter of an hour, and the marks are compared with what a right clock would say.
//
// Checked by breaking it: messages are gone when the wall clock is followed at once, when small steps add up, and when a start takes its
// clock for right.
func TestRetention_AWrongClockTakesNothingYoung(t *testing.T) {
	t.Parallel()
	const month = 30 * 24 * time.Hour
	for name, be := range map[string]func(c *clocked){
		"a month ahead": func(c *clocked) {
			c.set(month)
			c.goOn(6 * time.Hour)
		},
		"a month ahead at a start": func(c *clocked) {
			c.set(month)
			c.restart(0)
			c.goOn(3 * time.Hour)
			c.restart(0)
			c.goOn(3 * time.Hour)
		},
		"an hour back": func(c *clocked) {
			c.set(-time.Hour)
			c.goOn(6 * time.Hour)
		},
		"steps that add up": func(c *clocked) {
			for i := range 30 {
				c.set(time.Duration(i) * 4 * time.Minute)
				c.goOn(2 * hourTick)
			}
		},
		"at random": func(c *clocked) {
			seed := rand.Uint64()
			c.t.Logf("seed %d", seed)
			rng := rand.New(rand.NewPCG(seed, 0))
			for range 40 {
				c.set(time.Duration(rng.Int64N(int64(2*month))) - month)
				c.goOn(time.Duration(rng.IntN(6)) * hourTick)
				if rng.IntN(8) == 0 {
					c.restart(time.Duration(rng.IntN(20)) * time.Minute)
				}
				c.set(0)
				c.goOn(hourTick)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClocked(t)
			c.goOn(8 * time.Hour)
			if w := c.l.Marks(1, store.ClassUsual).Watermark; w == 0 {
				t.Fatal("nothing expires: the test shows nothing")
			}
			be(c)
			c.set(0)
			c.goOn(16 * time.Hour)
			want := c.right() - im.Millis((hourWindow + time.Hour).Milliseconds()) - slack
			if got := c.l.Marks(1, store.ClassUsual).Watermark; got < want {
				t.Errorf("what is %v old is there yet", time.Duration(c.right()-got)*time.Millisecond)
			}
		})
	}
}

// Operators are told, once each time, that a clock is not believed, and see it in the report.
//
// Checked by breaking it: it fails when each tick counts, and when nothing does.
func TestRetention_AWrongClockIsAlarming(t *testing.T) {
	t.Parallel()
	c := newClocked(t)
	at := func(what string, alarms uint64, believed bool) {
		t.Helper()
		for range 3 {
			c.pass(hourTick)
			c.l.Tick()
		}
		if r := c.l.Retention().Clock; r.Alarms != alarms || r.Believed != believed || r.Members != 1 || r.Heard != 1 {
			t.Errorf("%s: %+v, want %d alarms, believed %v", what, r, alarms, believed)
		}
	}
	at("at first", 0, true)
	c.set(4 * time.Minute)
	at("a small step", 0, true)
	c.set(time.Hour)
	at("an hour ahead", 1, false)
	c.set(0)
	at("right again", 1, true)
	c.set(-time.Hour)
	at("an hour back", 1, true)
	c.set(time.Hour)
	at("ahead once more", 2, false)
}

// clockedTrio is three nodes, each with hands of its own, that hear each other's clocks before each tick.
type clockedTrio struct {
	*trio
	hands [3]hands
}

func formClocked(t *testing.T, window time.Duration) *clockedTrio {
	c := &clockedTrio{}
	i := 0
	c.trio = form(t, 2, func(o *eventlog.Options) {
		o.Retention, o.RaftFS, o.StoreFS = window, nil, nil // on a real disk
		c.hands[i].on(o)
		o.Tick(slowdown * 400) // whoever leads goes on to lead while the disk stands still
		i++
	})
	return c
}

func (c *clockedTrio) live(d, tick time.Duration) {
	for range d / tick {
		for i := range c.hands {
			c.hands[i].pass(tick)
		}
		for i := range c.hands {
			for j := range c.hands {
				c.logs[j].Load().HearTime(uint64(i+1), c.logs[i].Load().Time())
			}
		}
		for i := range c.hands {
			c.logs[i].Load().Tick()
		}
	}
}

// Three nodes forget together: nothing of a message is left in any file of any of them once the window has passed, and their digests
// agree all the while.
//
// Checked by breaking it: bodies stay where only leaders reclaim, and with a cut of Raft's logs on leaders only.
func TestCluster_NothingOlderStaysOnAnyDisk(t *testing.T) {
	t.Parallel()
	c := formClocked(t, shortWindow)
	s, messages := newSecret(), map[im.Address]uint64{}
	for i, a := range talkers(3) {
		l, _ := c.leader(a.Shard(2))
		s.talk(t, l, a)
		messages[a] = 2
		if i%2 == 0 {
			keepState(t, l, a)
		}
	}
	c.sameEverywhere()
	for range 4 {
		c.live(gone/4+shortTick, shortTick)
		c.sameEverywhere()
	}
	for i := range c.hands {
		s.awaitNoneIn(t, c.options[i].Dir, nil)
		for a, n := range messages {
			intact(t, c.logs[i].Load(), a, n)
		}
	}
}

// One of three nodes whose clock is a month ahead takes nothing away, though it leads: it says that it is apart, while those of the
// others that lead go on. What it leads goes when its clock is right again.
//
// Checked by breaking it: it fails when whoever leads goes by its own clock.
func TestCluster_AClockAheadTakesNothing(t *testing.T) {
	t.Parallel()
	c := formClocked(t, hourWindow)
	s := newSecret()
	c.live(time.Hour, hourTick)
	l, wrong := c.leader(1)
	c.hands[wrong].set(30 * 24 * time.Hour)
	a := im.User("win", "u")
	for i := 0; a.Shard(2) != 1; i++ {
		a = im.User("win", im.UserID(fmt.Sprint("u", i)))
	}
	stamp := s.talk(t, l, a)
	c.live(5*time.Hour, hourTick)
	if got := l.Retention().Clock; !got.Apart || got.Alarms != 1 || got.Heard != 3 {
		t.Errorf("the wrong clock: %+v", got)
	}
	for i := range c.hands {
		if got := c.logs[i].Load().Marks(1, store.ClassUsual); got.Watermark > stamp {
			t.Errorf("node %d has let go what is before %d", i+1, got.Watermark)
		}
		if got := c.logs[i].Load().Retention().Clock; i != wrong && (got.Apart || got.Alarms > 0) {
			t.Errorf("node %d is right: %+v", i+1, got)
		}
	}
	c.hands[wrong].set(0)
	c.live(10*time.Hour, hourTick)
	for i := range c.hands {
		if got := c.logs[i].Load().Marks(1, store.ClassUsual); got.Watermark <= stamp {
			t.Errorf("node %d keeps everything", i+1)
		}
	}
	if got, err := l.History(context.Background(), a, im.Before{}, 10); err != nil || len(got) > 0 {
		t.Errorf("%d messages can be read, %v", len(got), err)
	}
}

// Of a shard that another member sent whole nothing stays in the file that it came in, once it is in the store: a node that was away while
// the others cut their logs gets one.
//
// It checks that the shard was sent.
func TestCluster_NothingOfAStreamStays(t *testing.T) {
	t.Parallel()
	c := formClocked(t, shortWindow)
	s := newSecret()
	a := im.User("win", "streamed")
	shard := a.Shard(2)
	last := c.logs[2].Load().LastInRaft(shard)
	c.kill(2)
	lacks := func(i int) bool { return c.logs[i].Load().FirstInRaft(shard) > last+1 }
	for over := time.Now().Add(2 * patience); !lacks(0) || !lacks(1); { // the logs are cut each 16 KiB
		if time.Now().After(over) {
			t.Fatal("the logs are not cut")
		}
		c.eventually("nothing is stored", func() bool {
			l, _ := c.leader(shard)
			head, err := l.Head(a)
			if err != nil {
				return false
			}
			stored := make(chan im.Outcome, 1)
			err = l.Append(im.Append{
				Addr: a, Epoch: im.Epoch{Term: 1 << 20, Activation: 1}, Expected: head.Seq, Done: func(o im.Outcome) { stored <- o },
				Entries: []im.Entry{{N: head.N + 1, TS: max(l.Now(), head.TS+1), Body: append(s.message(), make([]byte, 4<<10)...)}},
			})
			return err == nil && <-stored == im.Stored
		})
	}
	c.take(2, func() (*eventlog.Log, error) { return eventlog.Open(c.options[2]) })
	c.sameEverywhere()
	replaced := uint64(0)
	for _, sh := range c.logs[2].Load().Stats().Shards {
		replaced += sh.Replaced
	}
	files, err := filepath.Glob(filepath.Join(c.options[2].Dir, "raft/*/*/*/snapshot-*"))
	if err != nil || replaced == 0 || len(files) == 0 {
		t.Fatalf("%d shards were sent, into %v, %v: the test shows nothing", replaced, files, err)
	}
	for _, dir := range files {
		s.awaitNoneIn(t, dir, nil)
	}
}
