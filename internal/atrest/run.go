package atrest

import (
	"context"
	"log/slog"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// lookEvery is the time between two looks.
const lookEvery = 2 * time.Second

// paceEvery is the time between two looks at what is alive: a crowd logs in within seconds.
const paceEvery = 250 * time.Millisecond

// Run gives memory back at rest, and collects more often in a large heap, until ctx ends. It is called once in a process; twice would only cost more.
func Run(ctx context.Context, logger *slog.Logger) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	w, m := newWatch(), newMeter()
	pacing := time.NewTicker(paceEvery)
	defer pacing.Stop()
	p := newPace()
	defer p.end()
	for {
		select {
		case <-pacing.C:
			p.adjust(m.alive())
		case <-tick.C:
			look(w, m, logger)
		case <-ctx.Done():
			return
		}
	}
}

func look(w *watch, m *meter, logger *slog.Logger) {
	before := m.read()
	began := time.Now()
	if !w.look(began, before) {
		return
	}
	debug.FreeOSMemory()
	after := m.read()
	logger.Debug("memory was given back", "before", before.resident, "after", after.resident, "live", after.live, "took", time.Since(began))
}

// meter reads the runtime's counters. It is for one goroutine.
type meter struct{ samples, live []metrics.Sample }

func newMeter() *meter {
	m := &meter{samples: []metrics.Sample{
		{Name: "/gc/heap/live:bytes"},
		{Name: "/gc/heap/allocs:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}}
	m.live = m.samples[:1]
	return m
}

// read reads all of them. NB: a counter that a later Go does not have any more panics here, and fails the tests.
func (m *meter) read() reading {
	metrics.Read(m.samples)
	value := func(i int) uint64 { return m.samples[i].Value.Uint64() }
	return reading{live: value(0), allocated: value(1), resident: value(2) + value(3)}
}

// alive reads how many bytes were alive after the latest collection.
func (m *meter) alive() uint64 {
	metrics.Read(m.live)
	return m.live[0].Value.Uint64()
}
