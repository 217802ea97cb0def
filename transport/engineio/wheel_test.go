package engineio_test

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/engineio/enginetest"
)

// turn is that of the wheels here; reach is how far they see.
const (
	turn  = 10 * time.Millisecond
	reach = turn * engineio.WheelSlots
)

// beat is what hangs in a wheel here.
type beat struct {
	spoke engineio.Spoke[beat]
	isSet bool
	due   time.Time // when it is set
	calls int
	// then is done in the next call, once.
	then func()
}

// wheelModel holds a wheel, and a model of it: which beats are set, and when they are due.
type wheelModel struct {
	clock enginetest.Clock
	wheel *engineio.Wheel[beat]
	beats []*beat
	errs  []string
}

func newWheelModel(beats int) *wheelModel {
	m := &wheelModel{beats: make([]*beat, beats)}
	for i := range m.beats {
		m.beats[i] = &beat{}
	}
	m.wheel = engineio.NewWheel(&m.clock, turn, m.ring)
	return m
}

func (m *wheelModel) set(b *beat, d time.Duration) {
	b.isSet, b.due = true, m.clock.Now().Add(d)
	m.wheel.Set(b, &b.spoke, d)
}

func (m *wheelModel) drop(b *beat) {
	b.isSet = false
	m.wheel.Drop(&b.spoke)
}

func (m *wheelModel) ring(b *beat) {
	now := m.clock.Now()
	switch late := now.Sub(b.due); {
	case !b.isSet:
		m.errs = append(m.errs, "called though it is not set")
	case late < 0:
		m.errs = append(m.errs, "early by "+(-late).String())
	case late > turn:
		m.errs = append(m.errs, "late by "+late.String())
	}
	if m.wheel.IsSet(&b.spoke) {
		m.errs = append(m.errs, "still set while it is called")
	}
	b.isSet = false
	b.calls++
	if then := b.then; then != nil {
		b.then = nil
		then()
	}
}

// check compares the wheel with the model.
func (m *wheelModel) check(t interface {
	Helper()
	Fatalf(format string, args ...any)
},
) {
	t.Helper()
	set, now := 0, m.clock.Now()
	for i, b := range m.beats {
		if !b.isSet {
			continue
		}
		set++
		if late := now.Sub(b.due); late > turn {
			t.Fatalf("beat %d was due %v ago", i, late)
		}
	}
	if len(m.errs) > 0 {
		t.Fatalf("%d errors, first: %s", len(m.errs), m.errs[0])
	}
	if n := m.wheel.Len(); n != set {
		t.Fatalf("%d hang in the wheel, want %d", n, set)
	}
	if n, want := m.clock.Timers(), min(set, 1); n != want {
		t.Fatalf("%d timers for %d beats, want %d", n, set, want)
	}
}

// Whatever is set, set anew and dropped, from outside and in calls, those that are set are called once, never early and no more
// than a turn late, and there is one timer or, when nobody waits, none.
//
// Checked by breaking it, each fails here: turns that are rounded down; a slot that is emptied whatever round its spokes are of;
// a timer that is not set anew for who comes earlier; one that stays when the last is dropped, or called; spokes that stay where
// they were when they are set anew; waits of nothing that go into the turn that was.
func TestWheel_AgreesWithAModel(t *testing.T) {
	t.Parallel()
	waits := rapid.OneOf(
		rapid.Int64Range(0, int64(5*turn)),
		rapid.Map(rapid.Int64Range(0, 50), func(n int64) int64 { return n * int64(turn) }),
		rapid.Int64Range(0, int64(3*reach)),
		rapid.Map(rapid.Int64Range(engineio.WheelSlots-2, engineio.WheelSlots+2), func(n int64) int64 { return n * int64(turn) }),
	)
	rapid.Check(t, func(t *rapid.T) {
		m := newWheelModel(8)
		some := func(label string) *beat { return m.beats[rapid.IntRange(0, len(m.beats)-1).Draw(t, label)] }
		wait := func() time.Duration { return time.Duration(waits.Draw(t, "wait")) }
		t.Repeat(map[string]func(*rapid.T){
			"set":  func(*rapid.T) { m.set(some("beat"), wait()) },
			"drop": func(*rapid.T) { m.drop(some("beat")) },
			"set in a call": func(*rapid.T) {
				other, d := some("other"), wait()
				some("beat").then = func() { m.set(other, d) }
			},
			"drop in a call": func(*rapid.T) {
				other := some("other")
				some("beat").then = func() { m.drop(other) }
			},
			"advance": func(*rapid.T) { m.clock.Advance(wait()) },
			"":        func(t *rapid.T) { m.check(t) },
		})
	})
}

// Thousands with waits of all lengths, many rounds included, are each called once and in time; when all were, no timer is left.
//
// Checked by breaking it: with slots that are emptied whatever round their spokes are of, calls are early.
func TestWheel_ThousandsAreCalledInTime(t *testing.T) {
	t.Parallel()
	m := newWheelModel(5000)
	random := rand.New(rand.NewPCG(1, 2))
	for i, b := range m.beats {
		if i%10 == 0 {
			m.clock.Advance(time.Duration(random.Int64N(int64(turn))))
		}
		m.set(b, time.Duration(random.Int64N(int64(4*reach))))
	}
	m.check(t)
	dropped, calls := 0, 0
	for i, b := range m.beats {
		if i%7 == 0 && b.isSet {
			m.drop(b)
			dropped++
		}
	}
	for range 9 {
		m.clock.Advance(reach / 2)
		m.check(t)
	}
	for _, b := range m.beats {
		calls += b.calls
	}
	if n := m.wheel.Len(); n != 0 || calls+dropped != len(m.beats) {
		t.Errorf("%d called and %d dropped of %d, %d are left", calls, dropped, len(m.beats), n)
	}
}

// sleeper is a clock that may jump ahead of its timers, as a machine that was suspended.
type sleeper struct {
	enginetest.Clock
	slept atomic.Int64
}

func (c *sleeper) Now() time.Time { return c.Clock.Now().Add(time.Duration(c.slept.Load())) }

// After a sleep of many rounds all that became due meanwhile are called at the next turn, and the others in time.
//
// Checked by breaking it: when each turn looks into its own slot alone, those of the others are not called.
func TestWheel_SleepIsCaughtUpAtOnce(t *testing.T) {
	t.Parallel()
	const n = 1000
	clock, calls := &sleeper{}, 0
	wheel := engineio.NewWheel(clock, turn, func(*beat) { calls++ })
	due, later := make([]beat, n), make([]beat, n)
	for i := range n {
		wheel.Set(&due[i], &due[i].spoke, time.Duration(i+1)*reach/n)
		wheel.Set(&later[i], &later[i].spoke, 5*reach+2*turn+time.Duration(i)*reach/n)
	}
	clock.slept.Store(int64(5 * reach))
	clock.Advance(turn)
	if calls != n {
		t.Errorf("%d were called, want %d", calls, n)
	}
	clock.Advance(reach/2 - turn)
	if half := calls - n; half < n/2-5 || half > n/2 {
		t.Errorf("%d of the others were called at half of their time, want half of %d", half, n)
	}
	clock.Advance(reach/2 + 2*turn)
	if calls != 2*n || clock.Timers() != 0 {
		t.Errorf("%d were called, want %d; %d timers", calls, 2*n, clock.Timers())
	}
}

// A call that blocks keeps the others of its turn waiting for one turn more, and those of later turns not at all.
//
// Checked by breaking it: when what is due does not count when the timer is set, one is called before the third turn.
func TestWheel_OneThatBlocksKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	var clock enginetest.Clock
	var calls atomic.Int64
	blocks, free, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	wheel := engineio.NewWheel(&clock, turn, func(*beat) {
		if calls.Add(1) == 1 {
			close(blocks)
			<-free
		}
	})
	beats := make([]beat, 20)
	for i := range beats {
		wheel.Set(&beats[i], &beats[i].spoke, turn*time.Duration(1+i/10*2))
	}
	go func() {
		defer close(ended)
		clock.Advance(turn)
	}()
	<-blocks
	for _, want := range []int64{10, 20} {
		clock.Advance(turn)
		if n := calls.Load(); n != want {
			t.Errorf("%d were called, want %d", n, want)
		}
	}
	close(free)
	<-ended
	if n := clock.Timers(); n != 0 {
		t.Errorf("%d timers are set", n)
	}
}

// Many goroutines set and drop their own beats while the wheel turns by the machine's clock. None gets lost over it: whoever is
// set at last is called.
//
// Checked by breaking it: when isSet does without the lock, the race detector says so.
func TestWheel_MaySpinWhileManySet(t *testing.T) {
	t.Parallel()
	const each, rounds = 50, 200
	var calls atomic.Int64
	var wheel *engineio.Wheel[beat]
	wheel = engineio.NewWheel(engineio.SystemClock{}, time.Millisecond, func(b *beat) {
		calls.Add(1)
		wheel.IsSet(&b.spoke)
	})
	beats := make([]beat, 4*each)
	var running sync.WaitGroup
	for mine := range 4 {
		running.Go(func() {
			random := rand.New(rand.NewPCG(uint64(mine), 0))
			for range rounds {
				for i := range each {
					b := &beats[mine*each+i]
					if random.IntN(3) == 0 {
						wheel.Drop(&b.spoke)
					} else {
						wheel.Set(b, &b.spoke, time.Duration(random.Int64N(int64(2*time.Millisecond))))
					}
				}
			}
		})
	}
	running.Wait()
	for i := range beats {
		wheel.Drop(&beats[i].spoke)
	}
	before := calls.Load()
	for i := range beats {
		wheel.Set(&beats[i], &beats[i].spoke, time.Duration(i)*time.Millisecond/10)
	}
	eventually(t, "all are called", func() bool { return wheel.Len() == 0 && calls.Load() >= before+int64(len(beats)) })
}

// A turn is a small part of the shortest wait, within bounds.
func TestWheel_Pace(t *testing.T) {
	t.Parallel()
	for shortest, want := range map[time.Duration]time.Duration{
		time.Nanosecond:        time.Millisecond,
		640 * time.Millisecond: 10 * time.Millisecond,
		20 * time.Second:       engineio.MaxPace,
		time.Hour:              engineio.MaxPace,
	} {
		if got := engineio.PaceOf(shortest); got != want {
			t.Errorf("%v: got %v, want %v", shortest, got, want)
		}
	}
}
