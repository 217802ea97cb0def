package eventlog_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

const (
	hourMs im.Millis = 60 * 60 * 1000
	dayMs            = 24 * hourMs
	// usualWindow, strangersWindow and briefWindow are those of the model's world; the last is that of an app.
	usualWindow, strangersWindow, briefWindow = 7 * dayMs, 14 * dayMs, 2 * dayMs
	// believedStep is how far ahead of time a clock is believed.
	believedStep = 5 * 60 * 1000
	// beganAt is when it begins.
	beganAt im.Millis = 1_800_000_000_123
)

// windowWorld is one node on a machine whose power can be cut, with clocks of its own, and notes of what it was told.
type windowWorld struct {
	t   *testing.T
	rng *rand.Rand
	m   *machine
	l   *eventlog.Log
	// life counts the starts.
	life  uint64
	all   []*noted
	drawn int
	// usedIDs are those that were ever given, idKeys those that were stored: by address, window and id.
	usedIDs []string
	idKeys  map[idKey]bool

	// truth is the time that it is, passed the time that a node was up: both in ms. wrong is how far the wall clock is off.
	truth, passed, wrong atomic.Int64
	// disturbed says that a clock did something since the node last looked at it. From then on it takes so many days until it believes
	// the clock for sure, each of which ends when it looks at it at or after dayEnds, in terms of passed.
	disturbed bool
	days      int
	dayEnds   im.Millis
	// wrongFor is for how much longer the clock stays wrong.
	wrongFor im.Millis
	// steps counts what was done, by name.
	steps map[string]int
}

type idKey struct {
	addr   im.Address
	window im.Millis
	id     string
}

func newWindowWorld(t *testing.T, seed uint64) *windowWorld {
	w := &windowWorld{
		t: t, rng: rand.New(rand.NewPCG(seed, 0)), m: newMachine(t), idKeys: map[idKey]bool{}, steps: map[string]int{},
	}
	w.truth.Store(int64(beganAt))
	for i := range 4 {
		u, v := im.UserID(fmt.Sprint("u", i)), im.UserID(fmt.Sprint("v", i))
		for _, a := range []im.Address{
			im.User("usual", u), im.Group("brief", im.GroupID(u)), im.Room("usual", im.RoomID(u)),
			im.StrangerDialog("usual", u, v), im.PassengerDialog("brief", im.PassengerID(u), v),
		} {
			w.all = append(w.all, &noted{addr: a, ids: map[string]im.StoredAt{}})
		}
	}
	w.start()
	return w
}

// wall is what the wall clock says.
func (w *windowWorld) wall() im.Millis { return im.Millis(w.truth.Load() + w.wrong.Load()) }

func (w *windowWorld) options() eventlog.Options {
	o := w.m.options()
	o.Retention = time.Duration(usualWindow) * time.Millisecond
	o.RetentionStrangers = time.Duration(strangersWindow) * time.Millisecond
	o.Window = func(app im.AppID) time.Duration {
		if app == "brief" {
			return time.Duration(briefWindow) * time.Millisecond
		}
		return 0
	}
	o.ToldEvery = time.Hour // WriteTold writes them
	o.Clock, o.Logger = w.wall, slog.New(slog.DiscardHandler)
	o.ByHand(func() time.Duration { return time.Duration(w.passed.Load()) * time.Millisecond })
	return o
}

func (w *windowWorld) start() {
	w.life++
	w.l = open(w.t, w.options())
}

func (w *windowWorld) stop() { closeLog(w.t, w.l) }

func (w *windowWorld) epoch() im.Epoch { return im.Epoch{Term: 1, Activation: w.life} }

// pass lets time go by while the node is up.
func (w *windowWorld) pass(d im.Millis) {
	w.truth.Add(int64(d))
	w.passed.Add(int64(d))
	if w.wrongFor -= d; w.wrongFor <= 0 && w.wrong.Load() != 0 {
		w.wrong.Store(0)
		w.disturbed = true
	}
}

// wrongClock has the wall clock jump, for some hours: less than it takes to be believed.
func (w *windowWorld) wrongClock(by im.Millis) {
	w.wrong.Store(int64(by))
	w.wrongFor = 1 + im.Millis(w.rng.Int64N(int64(10*hourMs)))
	w.disturbed = true
}

// calm reports whether the clock is right, and has been for so long that the node, which has just looked at it, must believe it: a day
// after which it believes by how much it was off at least, and another one for the rest.
func (w *windowWorld) calm() bool {
	passed := im.Millis(w.passed.Load())
	switch {
	case w.disturbed:
		w.disturbed, w.days, w.dayEnds = false, 2, passed+dayMs
	case w.days > 0 && passed >= w.dayEnds:
		w.days, w.dayEnds = w.days-1, passed+dayMs
	}
	return w.days == 0 && w.wrong.Load() == 0
}

// limits are those that an address is under. The log says where its marks are, and what its clock says; check sees to those.
func (w *windowWorld) limits(a im.Address) limits {
	window := usualWindow
	if store.ClassOf(a) == store.ClassStrangers {
		window = strangersWindow
	}
	marks := w.l.Marks(w.l.ShardOf(a), store.ClassOf(a))
	l := limits{window: window, watermark: marks.Watermark, sealed: marks.Sealed}
	now := w.l.Now()
	if l.ids = now - window; a.App == "brief" {
		window = briefWindow
	}
	l.horizon = now - window
	return l
}

// keep has the node do what is due by age, and checks where that has brought its marks: never beyond the window, whatever the clock
// says, and where they belong when the clock is right and has been for long enough. Nothing before them is on the disk, and objects that
// were deleted before them are forgotten.
func (w *windowWorld) keep() {
	w.t.Helper()
	w.l.Tick()
	calm := w.calm()
	for id := im.ShardID(1); id <= 2; id++ {
		w.checkMarks(calm, w.l.Marks(id, store.ClassUsual), usualWindow)
		w.checkMarks(calm, w.l.Marks(id, store.ClassStrangers), strangersWindow)
	}
	for _, c := range []store.Class{store.ClassUsual, store.ClassStrangers} {
		lowest := min(w.l.Marks(1, c).Watermark, w.l.Marks(2, c).Watermark)
		if oldest := w.l.OldestOnDisk(c); oldest < lowest {
			w.t.Fatalf("%v: a bucket of %d lies on the disk though the watermark is %d", c, oldest, lowest)
		}
	}
	for _, n := range w.all {
		if n.forgettable(w.limits(n.addr)) {
			n.forget()
		}
	}
}

func (w *windowWorld) checkMarks(calm bool, m store.Marks, window im.Millis) {
	w.t.Helper()
	now := im.Millis(w.truth.Load())
	bucket := window / 7
	start := func(ts im.Millis) im.Millis { return ts - ts%bucket }
	if latest := start(now + believedStep - window); m.Watermark > latest {
		w.t.Fatalf("the watermark is %d, and must not be beyond %d", m.Watermark, latest)
	}
	if latest := start(now + believedStep - window + bucket/2); m.Sealed > latest {
		w.t.Fatalf("the seal is %d, and must not be beyond %d", m.Sealed, latest)
	}
	if !calm {
		return
	}
	if want := start(now - window); m.Watermark < want {
		w.t.Fatalf("the watermark is %d, and must be %d; %+v", m.Watermark, want, w.l.Retention())
	}
	if want := start(now - window + bucket/2); m.Sealed < want {
		w.t.Fatalf("the seal is %d, and must be %d; %+v", m.Sealed, want, w.l.Retention())
	}
}
