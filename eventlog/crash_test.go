package eventlog_test

import (
	"context"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

var (
	crashSeed  = flag.Uint64("crash-seed", 0, "replay the crash test with this seed; 0 draws one")
	crashCount = flag.Int("crash-count", 100/(slowdown*slowdown), "number of crashes")
)

// crashesPerMachine crashes in a row hit the same data.
const crashesPerMachine = 10

// TestLog_PowerLossLosesNothingAcknowledged cuts the power of the whole log, Raft's own log included, at seeded points
// under concurrent appends, many times on the same data. After each cut everything that was acknowledged is there
// exactly once, in order. The seed is printed; -crash-seed replays it.
func TestLog_PowerLossLosesNothingAcknowledged(t *testing.T) {
	seed := *crashSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-crash-seed=%d", seed)
	acked, early := 0, 0
	for i := 0; i < *crashCount; i += crashesPerMachine {
		w := newWorld(t, rand.New(rand.NewPCG(seed, uint64(i))))
		for j := range crashesPerMachine {
			if err := w.round(); err != nil {
				t.Fatalf("-crash-seed=%d, crash %d: %v", seed, i+j+1, err)
			}
		}
		acked += w.acked()
		early += w.early
	}
	if acked < *crashCount*10 {
		t.Fatalf("only %d appends were acknowledged in %d rounds: the test shows nothing", acked, *crashCount)
	}
	t.Logf("%d appends acknowledged, %d crashes, %d of them during the start", acked, *crashCount, early)
}

// TestCrashCheck_NoticesSyncsThatDoNothing is the test of the test: with Syncs that lie, the same rounds report a loss.
func TestCrashCheck_NoticesSyncsThatDoNothing(t *testing.T) {
	w := newWorld(t, rand.New(rand.NewPCG(1, 2)))
	w.quiet = true // so that there is something to lose
	if err := w.round(); err != nil {
		t.Fatalf("an honest round: %v", err)
	}
	w.m.lying = true
	err := w.round()
	if err == nil || !strings.Contains(err.Error(), "is lost") {
		t.Fatalf("a round with syncs that do nothing: %v, want a loss reported", err)
	}
	t.Logf("reported: %v", err)
}

// world is one machine and the clients that write to it.
type world struct {
	t     *testing.T
	m     *machine
	rng   *rand.Rand
	convs []*conversation
	// epoch grows with every start, as activations do.
	epoch  im.Epoch
	rounds int
	// early counts the rounds in which the power failed while the log was starting.
	early int
	// quiet makes a round crash after some acknowledgements rather than at a Sync.
	quiet bool
}

const conversations = 6

func newWorld(t *testing.T, rng *rand.Rand) *world {
	w := &world{t: t, m: newMachine(t), rng: rng}
	for i := range conversations {
		w.convs = append(w.convs, &conversation{
			addr: im.User("crash", im.UserID(fmt.Sprintf("u%d", i))), acked: make(map[string]uint64),
		})
	}
	return w
}

func (w *world) acked() int {
	n := 0
	for _, c := range w.convs {
		c.mu.Lock()
		n += len(c.acked)
		c.mu.Unlock()
	}
	return n
}

// round starts the log, lets the clients write until the power fails, starts it again, and checks. The power may fail
// while the log is still starting.
func (w *world) round() error {
	w.rounds++
	due := w.m.failAt(w.point())
	rng := rand.New(rand.NewPCG(w.rng.Uint64(), 0))
	crashed := make(chan func(), 1)
	go func() {
		w.wait(due)
		crashed <- w.m.crash(rng)
	}()
	l, err := eventlog.Open(w.m.options().On("127.0.0.1:0"))
	if err != nil {
		(<-crashed)()
		return err
	}
	if len(crashed) > 0 {
		w.early++
	}
	w.epoch.Activation++
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for _, c := range w.convs {
		rng := rand.New(rand.NewPCG(w.rng.Uint64(), 0))
		clients.Go(func() { w.client(l, c, rng, stop) })
	}
	after := <-crashed
	close(stop)
	err = l.Close()
	clients.Wait()
	after()
	if err != nil {
		return err
	}
	return w.check()
}

// point draws at which Sync the power fails: the first rounds often end before the log is up.
func (w *world) point() int {
	if w.quiet {
		return math.MaxInt
	}
	return 1 + w.rng.IntN(60+20*w.rounds)
}

// wait returns when the power fails, or when so much was acknowledged that nothing new can be learned.
func (w *world) wait(due <-chan struct{}) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for before := w.acked(); ; {
		select {
		case <-due:
			return
		case <-tick.C:
		}
		if n := w.acked() - before; n > 1200 || w.quiet && n > 100 {
			return
		}
	}
}

// check starts the log again, with honest Syncs, and checks every conversation.
func (w *world) check() error {
	w.m.failAt(math.MaxInt)
	l, err := eventlog.Open(w.m.options().On("127.0.0.1:0"))
	if err != nil {
		return err
	}
	defer l.Close()
	for _, c := range w.convs {
		if err := c.check(l); err != nil {
			return err
		}
	}
	return nil
}

// client writes to one conversation, some appends in flight, until one is not stored or stop is closed.
func (w *world) client(l *eventlog.Log, c *conversation, rng *rand.Rand, stop <-chan struct{}) {
	ld, err := loadNow(l, c.addr)
	if err != nil {
		return // the power failed before there was a leader
	}
	entries, err := l.Read(context.Background(), c.addr, 0, 1<<30)
	if err != nil {
		return
	}
	window := make(chan struct{}, 8)
	failed := make(chan struct{}, 1<<10)
	head := ld.Head
	for {
		select {
		case <-stop:
			return
		case <-failed:
			return
		case window <- struct{}{}:
		}
		batch := c.draw(rng, &head)
		err := l.Append(im.Append{
			Addr: c.addr, Epoch: w.epoch, Expected: head.Seq - uint64(len(batch)), Entries: batch, Record: recordAt(head.Seq),
			Done: func(o im.Outcome) {
				if o == im.Stored {
					w.m.witness(func() { c.ack(batch) })
				} else {
					select {
					case failed <- struct{}{}:
					default:
					}
				}
				<-window
			},
		})
		if err != nil {
			return
		}
		entries = append(entries, batch...)
		c.aside(l, w.epoch, rng, entries)
	}
}

// draw makes the next few entries and moves head past them.
func (c *conversation) draw(rng *rand.Rand, head *im.Head) []im.Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	batch := make([]im.Entry, 1+rng.IntN(3))
	for i := range batch {
		c.drawn++
		head.Seq++
		head.TS = max(head.TS+1, im.At(time.Now()))
		e := im.Entry{Seq: head.Seq, TS: head.TS, Owes: rng.IntN(4) == 0}
		e.Body = fmt.Appendf(nil, "%d:%s", c.drawn, strings.Repeat("x", rng.IntN(200)))
		if rng.IntN(5) > 0 {
			head.N++
			e.N, e.ID = head.N, fmt.Sprintf("id-%d", c.drawn)
		}
		batch[i] = e
	}
	return batch
}

func (c *conversation) ack(batch []im.Entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range batch {
		c.acked[string(e.Body)] = e.Seq
	}
}

// aside now and then snapshots the conversation, or says that a part was told.
func (c *conversation) aside(l *eventlog.Log, epoch im.Epoch, rng *rand.Rand, entries []im.Entry) {
	last := entries[len(entries)-1]
	switch rng.IntN(10) {
	case 0:
		// An error means that the log is closed or full: a snapshot is never owed to anybody.
		_ = l.Snapshot(c.addr, epoch, last.Seq, last.TS, state(entries), func(im.Outcome) {})
	case 1:
		c.mu.Lock()
		c.told = max(c.told, last.Seq/2)
		l.Told(c.addr, c.told)
		c.mu.Unlock()
	}
}
