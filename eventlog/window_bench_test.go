package eventlog_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

const (
	// goingBytes is about what the bucket weighs that goes.
	goingBytes = 1 << 30
	// benchTalks are the conversations that are spoken in and read, benchBody the length of what is said in the bucket that goes.
	benchTalks, benchBody = 200, 64 << 10
	// benchRate is how many appends and how many pages of history are asked for in a second, whatever becomes of those before.
	benchRate = 200
	// benchQuiet is for how long they are before the bucket goes, and again after it.
	benchQuiet = 15 * time.Second
)

// BenchmarkWindow_BucketGoes asks what those who speak and read notice of a bucket of a gigabyte that goes: appends and pages of history
// at a steady rate, counted from when they were due, before it and while it goes. A tick is made each quarter of a second
// all the time, as a log does by itself; in one of them the window has passed.
func BenchmarkWindow_BucketGoes(b *testing.B) {
	for range b.N {
		g := newGoing(b)
		g.fill()
		runtime.GC()
		quiet := g.load(benchQuiet)
		before, _ := g.l.Usage()
		g.h.pass(90 * time.Minute) // the bucket is due
		g.slowest = 0
		g.failed.Store(0)
		going := g.load(4 * time.Second)
		after, _ := g.l.Usage()
		g.report("quiet", quiet)
		g.report("going", going)
		b.ReportMetric(float64(before-min(after, before))/(1<<20), "MiB-gone")
		b.ReportMetric(float64(g.slowest.Microseconds())/1000, "tick-ms")
		b.ReportMetric(float64(g.failed.Load()), "failed")
	}
}

// going is a log with a bucket of which the window is about to pass.
type going struct {
	b     *testing.B
	h     hands
	l     *eventlog.Log
	talks [benchTalks]benchTalk
	// slowest is how long the longest tick took.
	slowest time.Duration
	// failed counts the messages that were not stored.
	failed atomic.Int64
}

// benchTalk is a conversation; mu is held while its next message is queued.
type benchTalk struct {
	addr im.Address
	mu   sync.Mutex
	seq  uint64
	last im.Millis
}

func newGoing(b *testing.B) *going {
	g := &going{b: b}
	o := eventlog.Options{Dir: b.TempDir(), Shards: 16, Retention: 7 * 24 * time.Hour, Logger: slog.New(slog.DiscardHandler)}
	g.h.on(&o)
	g.h.pass(time.Duration(dayMs-g.h.right()%dayMs) * time.Millisecond)
	g.l = open(b, o)
	b.Cleanup(func() { closeLog(b, g.l) })
	for i := range g.talks {
		u := im.UserID(fmt.Sprint("a", i))
		g.talks[i].addr = im.FriendDialog("bench", u, u+"x")
	}
	return g
}

// fill makes a bucket of a gigabyte, and six younger ones of a sixteenth of that; all states are covered by a snapshot.
func (g *going) fill() {
	g.b.Helper()
	for day := range 7 {
		each := goingBytes / benchTalks / benchBody
		if day > 0 {
			each /= 16
		}
		for range each {
			var said sync.WaitGroup
			for i := range g.talks {
				said.Add(1)
				if g.say(&g.talks[i], benchBody, said.Done); i%25 == 24 {
					said.Wait()
				}
			}
		}
		g.cover()
		if day < 6 {
			g.h.pass(24 * time.Hour)
		}
		g.l.Tick()
	}
	g.h.pass(47 * time.Hour) // the first bucket is sealed, and goes in an hour
	g.l.Tick()
}

// say queues the next message of a conversation.
func (g *going) say(c *benchTalk, length int, done func()) {
	body := make([]byte, length)
	rand.Read(body) //nolint:errcheck // never fails
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = max(g.l.Now(), c.last+1)
	e := im.Entry{N: c.seq + 1, TS: c.last, ID: fmt.Sprint("m", c.seq), Body: body}
	err := g.l.Append(im.Append{
		Addr: c.addr, Epoch: im.Epoch{Term: 1, Activation: 1}, Expected: c.seq, Entries: []im.Entry{e},
		Done: func(o im.Outcome) {
			defer done()
			if o != im.Stored {
				g.failed.Add(1)
				c.again(g.l)
			}
		},
	})
	if err != nil {
		g.failed.Add(1)
		done()
		return
	}
	c.seq++
}

// again goes on from what is stored.
func (c *benchTalk) again(l *eventlog.Log) {
	head, err := l.Head(c.addr)
	if err != nil {
		panic(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq, c.last = head.Seq, max(c.last, head.TS)
}

// cover makes a snapshot of each conversation, as their owners do when they are asked.
func (g *going) cover() {
	g.b.Helper()
	var made sync.WaitGroup
	for i := range g.talks {
		c := &g.talks[i]
		made.Add(1)
		err := g.l.Snapshot(c.addr, im.Epoch{Term: 1, Activation: 1}, c.seq, c.last, []byte("state"), func(im.Outcome) { made.Done() })
		if err != nil {
			g.b.Fatal(err)
		}
	}
	made.Wait()
}

// latencies are those of appends and of pages, from when they were due.
type latencies struct {
	mu             sync.Mutex
	appends, pages []time.Duration
}

// load asks for messages and pages for a while, and makes ticks meanwhile.
func (g *going) load(d time.Duration) *latencies {
	var l latencies
	var under sync.WaitGroup
	over := make(chan struct{})
	under.Go(func() {
		for tick := time.Tick(250 * time.Millisecond); ; {
			began := time.Now()
			g.l.Tick()
			g.slowest = max(g.slowest, time.Since(began))
			select {
			case <-over:
				return
			case <-tick:
			}
		}
	})
	began := time.Now()
	var asked sync.WaitGroup
	for i := 0; ; i++ {
		due := began.Add(time.Duration(i) * time.Second / benchRate)
		if due.Sub(began) > d {
			break
		}
		<-time.After(time.Until(due))
		asked.Add(2)
		g.say(&g.talks[i%benchTalks], 200, func() {
			l.note(&l.appends, time.Since(due))
			asked.Done()
		})
		go func() {
			defer asked.Done()
			page, err := g.l.History(context.Background(), g.talks[(i*7)%benchTalks].addr, im.Before{}, 20)
			if err != nil || len(page) == 0 {
				panic(fmt.Sprint("a page of history: ", len(page), err))
			}
			l.note(&l.pages, time.Since(due))
		}()
	}
	asked.Wait()
	close(over)
	under.Wait()
	return &l
}

func (l *latencies) note(of *[]time.Duration, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*of = append(*of, d)
}

// report says how long it took half of them, all but one of a hundred, and the last one, in ms.
func (g *going) report(when string, l *latencies) {
	for what, all := range map[string][]time.Duration{"append": l.appends, "page": l.pages} {
		slices.Sort(all)
		for name, d := range map[string]time.Duration{"p50": all[len(all)/2], "p99": all[len(all)*99/100], "max": all[len(all)-1]} {
			g.b.ReportMetric(float64(d.Microseconds())/1000, fmt.Sprintf("%s-%s-%s-ms", when, what, name))
		}
	}
}
