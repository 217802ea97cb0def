package eventlog_test

import (
	"math/rand/v2"

	"github.com/parley-im/parley/im"
)

// later lets time go by, and as a rule the node do what is due by age.
func (w *windowWorld) later() {
	w.t.Helper()
	d := im.Millis(w.rng.Int64N(int64(6 * hourMs)))
	if w.rng.IntN(100) == 0 {
		d = im.Millis(w.rng.Int64N(int64(20 * dayMs)))
	}
	w.pass(d)
	if w.rng.IntN(4) > 0 {
		w.keepAndCount()
	}
}

func (w *windowWorld) keepAndCount() {
	w.t.Helper()
	before := 0
	for _, n := range w.all {
		before += len(n.entries)
	}
	w.keep()
	for _, n := range w.all {
		before -= len(n.entries)
	}
	if before > 0 {
		w.steps["forgotten"]++
	}
}

// jump sets the wall clock wrong for some hours, if it is not.
func (w *windowWorld) jump() {
	if w.wrong.Load() != 0 {
		return
	}
	w.steps["jump"]++
	w.wrongClock([]im.Millis{30 * dayMs, -hourMs}[w.rng.IntN(2)])
	w.keepAndCount() // the node notices within a minute
}

// down stops the node and starts it again, at once or some days later.
func (w *windowWorld) down() {
	w.t.Helper()
	w.keep() // it notes the time, as a node does all the time
	w.stop()
	if w.rng.IntN(2) == 0 {
		w.truth.Add(w.rng.Int64N(int64(20 * dayMs)))
		w.disturbed = true
	}
	w.start()
	w.steps["restart"]++
}

// crash cuts the power. The commands that are applied again make the same of what is left as there was.
func (w *windowWorld) crash() {
	w.t.Helper()
	w.keepAndCount()
	before := w.digests()
	after := w.m.crash(w.rng)
	w.stop()
	after()
	w.start()
	w.steps["crash"]++
	if d := w.digests(); d != before {
		w.t.Fatalf("after a crash:\n%s\nbefore it:\n%s", d, before)
	}
}

// crashKeeping cuts the power while the node does what is due by age.
func (w *windowWorld) crashKeeping() {
	w.t.Helper()
	w.pass(im.Millis(w.rng.Int64N(int64(3 * dayMs))))
	due := w.m.failAt(1 + w.rng.IntN(30))
	kept := make(chan struct{})
	crashed := make(chan func(), 1)
	rng := rand.New(rand.NewPCG(w.rng.Uint64(), 0))
	go func() {
		select {
		case <-due:
			w.steps["crash while keeping"]++
		case <-kept:
		}
		crashed <- w.m.crash(rng)
	}()
	w.l.Tick()
	close(kept)
	after := <-crashed
	w.stop()
	after()
	w.start()
	w.steps["crash"]++
	w.disturbed = true // what has passed since the time was noted is a step ahead
	w.keepAndCount()
	for _, n := range w.all {
		w.checkLoad(n)
	}
}
