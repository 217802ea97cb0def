package atrest

import (
	"context"
	"log/slog"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const mib = 1 << 20

// Made-up readings, a look each: what is allocated since the look before, in KiB, what is alive and what is resident, in MiB, and
// whether memory is given back. Checked by breaking it: each condition of look, isWorthIt and isDue that is left out fails one of these.
func TestWatch_GivesBackAtRest(t *testing.T) {
	t.Parallel()
	type row struct {
		every           time.Duration // 0 = lookEvery
		times           int
		allocated, live uint64
		resident        uint64
		want            int // which of the looks gives back, from 1; 0 = none
	}
	for name, rows := range map[string][]row{
		"after the third quiet look":          {{times: 1, allocated: 102_400, live: 100, resident: 200}, {times: 3, live: 100, resident: 200, want: 3}},
		"not under load":                      {{times: 1000, allocated: 2_000, live: 100, resident: 200}},
		"not between bursts":                  {{times: 1, allocated: 50_000, live: 100, resident: 200}, {times: 2, live: 100, resident: 200}, {times: 1, allocated: 50_000, live: 100, resident: 200}, {times: 2, live: 100, resident: 200}},
		"heartbeats are rest":                 {{times: 1, allocated: 102_400, live: 100, resident: 200}, {times: 3, allocated: 1_000, live: 100, resident: 200, want: 3}},
		"so is what a small node does":        {{times: 3, allocated: 500, live: 2, resident: 20, want: 3}},
		"not a tenth of what is alive":        {{times: 100, live: 100, resident: 110}},
		"a little more than that":             {{times: 3, live: 100, resident: 111, want: 3}},
		"not a few MiB":                       {{times: 100, live: 2, resident: 6}},
		"a few more":                          {{times: 3, live: 2, resident: 7, want: 3}},
		"not when what is alive is all of it": {{times: 100, live: 100, resident: 90}},
		"once in a minute":                    {{times: 3, live: 100, resident: 200, want: 3}, {times: 29, live: 100, resident: 200}, {times: 1, live: 100, resident: 200, want: 1}},
		"a minute later at the earliest":      {{times: 3, live: 100, resident: 200, want: 3}, {every: pause - 1, times: 1, live: 100, resident: 200}, {every: 1, times: 1, live: 100, resident: 200, want: 1}},
		"at once when much was done":          {{times: 3, live: 100, resident: 200, want: 3}, {times: 1, allocated: 102_400, live: 100, resident: 200}, {times: 3, live: 100, resident: 200, want: 3}},
		"not when little was done":            {{times: 3, live: 100, resident: 200, want: 3}, {times: 1, allocated: 102_000, live: 100, resident: 200}, {times: 20, live: 100, resident: 200}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, now, r := newWatch(), time.Unix(1_000_000, 0), reading{}
			for i, row := range rows {
				for n := range row.times {
					now = now.Add(max(row.every, 1))
					if row.every == 0 {
						now = now.Add(lookEvery - 1)
					}
					r = reading{allocated: r.allocated + row.allocated<<10, live: row.live * mib, resident: row.resident * mib}
					if got, want := w.look(now, r), n+1 == row.want; got != want {
						t.Fatalf("row %d, look %d: gives back: %v, want %v", i, n+1, got, want)
					}
				}
			}
		})
	}
}

// given is the line in the log: what is resident when memory was given back, and what is alive.
var given = regexp.MustCompile(`"memory was given back" .*after=(\d+) live=(\d+)`)

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// drop allocates so many MiB, and lets go of them.
func drop(n int) {
	dropped := make([][]byte, n)
	for i := range dropped {
		dropped[i] = make([]byte, mib)
	}
	runtime.KeepAlive(dropped)
}

// What was allocated and dropped is resident until the process rests, and not long after; then it is left alone. The clock is the
// test's. Checked by breaking it: without FreeOSMemory; a mere collection in its place fails in about half of the runs.
func TestRun_GivesBackWhatWasDropped(t *testing.T) { //nolint:paralleltest // others must not allocate
	defer debug.SetGCPercent(debug.SetGCPercent(10_000)) // else Go gives back all but the 4 MiB that it collects at, in its own time
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		m := newMeter()
		drop(64)
		runtime.GC() // Go does it after two minutes
		if now := m.read(); now.resident < now.live+32*mib {
			t.Fatalf("of 64 MiB that were dropped, %d MiB are left: somebody else gives back", (now.resident-now.live)/mib)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			Run(ctx, logger)
		}()
		<-time.After(restLooks*lookEvery + 4*pause)
		cancel()
		<-ended
		told := given.FindAllStringSubmatch(log.String(), -1)
		if len(told) != 1 {
			t.Fatalf("memory was given back %d times, want once:\n%s", len(told), &log)
		}
		if after, live := number(t, told[0][1]), number(t, told[0][2]); after > live+8*mib {
			t.Errorf("%d bytes are resident, %d alive", after, live)
		}
	})
}
