package fanout

import (
	"sync"
	"time"
)

const (
	// reportEvery is the time between two reports.
	reportEvery = 100 * time.Millisecond
	// rateOver is how many reports a rate looks back.
	rateOver = 10
)

// Progress is how far a run is.
type Progress struct {
	// Phase is what it does: "logging in", "measuring".
	Phase string
	// Count of Total are done; Total 0 = this phase does not count.
	Count, Total int64
	// Left of Length is still to wait; Length 0 = nobody knows how long the phase lasts.
	Left, Length time.Duration
	// Rate is deliveries per second during the last second.
	Rate float64
}

// Fraction is how much of the phase is done, from 0 to 1; ok is false when nobody knows.
func (p Progress) Fraction() (f float64, ok bool) {
	switch {
	case p.Total > 0:
		f = float64(p.Count) / float64(p.Total)
	case p.Length > 0:
		f = 1 - p.Left.Seconds()/p.Length.Seconds()
	default:
		return 0, false
	}
	return min(max(f, 0), 1), true
}

// phase is a step of a run, as its progress sees it: it counts, or it ends at a time of the run, or neither.
type phase struct {
	name       string
	total      int64
	count      func() int64
	begin, end time.Duration
}

func (r *run) enter(p phase) { r.phase.Store(&p) }

// report starts telling Options.OnProgress. The function that it returns ends that.
func (r *run) report() (stop func()) {
	if r.opts.OnProgress == nil {
		return func() {}
	}
	done := make(chan struct{})
	var reporter sync.WaitGroup
	reporter.Go(func() {
		tick := time.NewTicker(reportEvery)
		defer tick.Stop()
		var before []int64
		for {
			select {
			case <-tick.C:
				before = append(before, r.heard())
				before = before[max(0, len(before)-1-rateOver):]
				r.opts.OnProgress(r.progress(before))
			case <-done:
				return
			}
		}
	})
	return func() { close(done); reporter.Wait() }
}

// progress looks at the phase; heard are the deliveries at the last reports, this one included.
func (r *run) progress(heard []int64) Progress {
	p := r.phase.Load()
	if p == nil {
		return Progress{Phase: "starting"}
	}
	out := Progress{Phase: p.name, Total: p.total, Length: p.end - p.begin}
	if p.count != nil {
		out.Count = p.count()
	}
	if out.Length > 0 {
		out.Left = min(max(p.end-r.now(), 0), out.Length)
	}
	if span := time.Duration(len(heard)-1) * reportEvery; span > 0 {
		out.Rate = float64(heard[len(heard)-1]-heard[0]) / span.Seconds()
	}
	return out
}
