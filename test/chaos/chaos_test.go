package chaos

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
)

// Three nodes are killed, stopped, cut apart, slowed down and given wrong clocks, one fault after the other, for three minutes
// or for PARLEY_CHAOS, while everybody talks, joins and leaves. Everybody can talk again soon after each fault, who is elsewhere
// goes on during it, and in the end nothing of what the package promises was broken. PARLEY_SEED repeats the schedule.
func TestChaos_BreaksNoGuarantee(t *testing.T) {
	seed := seed(t)
	duration := duration(t)
	r := newRun(t, seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	end := time.Now().Add(duration)
	for time.Now().Before(end) {
		for _, i := range rng.Perm(len(faults)) {
			if len(r.figures) < len(faults) || time.Now().Before(end) {
				r.disturb(faults[i], rng)
			}
		}
	}
	r.finish()
}

// seed returns the seed of this run and prints it.
func seed(t *testing.T) uint64 {
	t.Helper()
	s := rand.Uint64()
	if text := os.Getenv("PARLEY_SEED"); text != "" {
		var err error
		if s, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("PARLEY_SEED: %v", err)
		}
	}
	t.Logf("PARLEY_SEED=%d repeats this run's schedule", s)
	return s
}

func duration(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("PARLEY_CHAOS")
	if text == "" {
		return 3 * time.Minute
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("PARLEY_CHAOS: %v", err)
	}
	return d
}

const (
	// recovery is how soon after a fault everybody must have had success again.
	recovery = servertest.Slowdown * 30 * time.Second
	// volley is how long before a fault its shots are fired at most: some are in the hands of an owner that it hits.
	volley = 50 * time.Millisecond
	// leastRest and mostRest are how long nothing happens between two faults.
	leastRest, mostRest = time.Second, 4 * time.Second
)

// disturb makes a fault happen, ends it, and waits until all is well again.
func (r *run) disturb(f fault, rng *rand.Rand) {
	r.t.Helper()
	for _, s := range r.shots {
		s.fire()
	}
	wait(r.t.Context(), time.Duration(rng.Int64N(int64(volley))))
	began := time.Now()
	d := f.begin(r, rng)
	begun := time.Now()
	lasts := f.least + time.Duration(rng.Int64N(int64(f.most-f.least)))
	wait(r.t.Context(), lasts) // not a wait for something: it is how long it lasts
	ends := time.Now()
	d.end()
	if d.alone != nil {
		r.alone = append(r.alone, alone{d.alone.Name, begun, ends})
	}
	ended := time.Now()
	lagging := r.recover(ended)
	figure := figure{fault: f.name, hit: names(d.hit), began: began, end: ended, recovered: time.Since(ended)}
	r.figures = append(r.figures, figure)
	acks, _ := r.journal.counts()
	r.t.Logf("%s: %d. %s: %s, for %s; well again after %s, %d acknowledged", time.Now().Format(time.TimeOnly), len(r.figures), f.name, strings.Join(figure.hit, " "),
		short(ends.Sub(began)), short(figure.recovered), acks)
	if lagging != "" {
		r.t.Errorf("%v after it was over, somebody lags: %s", recovery, lagging)
	}
	if ended := r.ended(); len(ended) > 0 {
		r.t.Fatalf("ended by themselves: %v", ended)
	}
	for _, u := range r.users {
		u.goHome()
	}
	wait(r.t.Context(), leastRest+time.Duration(rng.Int64N(int64(mostRest-leastRest))))
}

// recover waits until all nodes are ready and everybody has had success since then. It returns who has not.
func (r *run) recover(since time.Time) (lagging string) {
	r.t.Helper()
	deadline := time.Now().Add(recovery)
	r.AwaitReady()
	for time.Now().Before(deadline) {
		if lagging = r.lagging(since); lagging == "" {
			return ""
		}
		wait(r.t.Context(), breath)
	}
	return lagging
}
