package engineio_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/parley-im/parley/transport/engineio"
)

// crowd is how many wait besides the one that is measured.
const crowd = 10_000

// What does it cost to set, to set anew and to drop one of 10,000 waits, by a wheel and by timers of the clock, and how much
// memory does each take? The beat itself is not counted, but for what the wheel needs in it.
func BenchmarkWheel(b *testing.B) {
	var clock engineio.SystemClock
	wheel := engineio.NewWheel(clock, engineio.MaxPace, func(*beat) {})
	hanging := make([]beat, crowd)
	one := &beat{}
	b.Run("wheel/memory", func(b *testing.B) {
		var spokes []engineio.Spoke[beat]
		reportHeap(b, func() { spokes = make([]engineio.Spoke[beat], crowd) })
		runtime.KeepAlive(spokes)
	})
	for i := range hanging {
		wheel.Set(&hanging[i], &hanging[i].spoke, 20*time.Second+time.Duration(i)*time.Millisecond)
	}
	b.Run("wheel/set and drop", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			wheel.Set(one, &one.spoke, 25*time.Second)
			wheel.Drop(&one.spoke)
		}
	})
	b.Run("wheel/reset", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			wheel.Set(one, &one.spoke, 25*time.Second)
		}
	})
	for i := range hanging {
		wheel.Drop(&hanging[i].spoke)
	}
	wheel.Drop(&one.spoke)

	timers := make([]engineio.Timer, crowd)
	set := func() {
		for i := range timers {
			timers[i] = clock.AfterFunc(20*time.Second+time.Duration(i)*time.Millisecond, hanging[i].nothing)
		}
	}
	stop := func() {
		for _, t := range timers {
			t.Stop()
		}
	}
	b.Run("timers/memory", func(b *testing.B) {
		reportHeap(b, set)
		stop()
	})
	set()
	defer stop()
	b.Run("timers/set and drop", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			clock.AfterFunc(25*time.Second, one.nothing).Stop()
		}
	})
	b.Run("timers/reset", func(b *testing.B) {
		b.ReportAllocs()
		t := clock.AfterFunc(25*time.Second, one.nothing)
		defer t.Stop()
		for b.Loop() {
			t.Reset(25 * time.Second)
		}
	})
}

func (*beat) nothing() {}

// What does a session at rest take, with its heartbeat and id, and without its connection and its Handler?
func BenchmarkSession_AtRest(b *testing.B) {
	e := engineio.New(engineio.Options{Open: func(*engineio.Session, engineio.Handshake) engineio.Handler { return nil }})
	sessions := make([]*engineio.Session, crowd)
	reportHeap(b, func() {
		for i := range sessions {
			sessions[i] = e.Rest(engineio.Rev4)
		}
	})
	for _, s := range sessions {
		s.StopBeat()
	}
}

// reportHeap reports how many bytes more the heap has after fill, for each of crowd, and no time.
func reportHeap(b *testing.B, fill func()) {
	b.Helper()
	before := heap()
	fill()
	grown := int64(heap() - before)
	for b.Loop() {
	}
	b.ReportMetric(float64(grown)/crowd, "heap-B/each")
	b.ReportMetric(0, "ns/op")
}

// heap returns the bytes that are in use after everything else was collected.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first has set free is given back by the second
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
