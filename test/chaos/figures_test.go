package chaos

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-im/parley/internal/servertest"
)

// figure is what was seen of one disturbance.
type figure struct {
	fault      string
	hit        []string
	began, end time.Time // end = it was ended
	// recovered is how long it took from its end until everybody had success again.
	recovered time.Duration
}

// worst is the longest time from the first saying of a message to its success, of those that were said during the disturbance
// or until everybody had success again: of clients of nodes that were not hit, and of all.
func (f figure) worst(said map[string][]message) (elsewhere, all time.Duration, acks int) {
	until := f.end.Add(f.recovered)
	for _, list := range said {
		for _, m := range list {
			if !m.acked() || m.answered.Before(f.began) || m.invoked.After(until) {
				continue
			}
			took := m.answered.Sub(m.invoked)
			all = max(all, took)
			if !slices.Contains(f.hit, m.first) && !slices.Contains(f.hit, m.last) {
				elsewhere = max(elsewhere, took)
				if m.invoked.Before(f.end) {
					acks++
				}
			}
		}
	}
	return elsewhere, all, acks
}

// table has one row for each kind of fault.
func (r *run) table(said map[string][]message) string {
	var b strings.Builder
	b.WriteString("| fault | times | worst wait for an acknowledgement at nodes that were not hit | at all | acknowledged at nodes that were not hit, a second | longest until everybody talked again |\n")
	b.WriteString("| --- | --- | --- | --- | --- | --- |\n")
	for _, kind := range faults {
		r.row(&b, kind.name, said)
	}
	return b.String()
}

func (r *run) row(b *strings.Builder, kind string, said map[string][]message) {
	var times, acks int
	var elsewhere, all, recovered, lasted time.Duration
	for _, f := range r.figures {
		if f.fault != kind {
			continue
		}
		e, a, n := f.worst(said)
		times++
		acks += n
		elsewhere, all, recovered = max(elsewhere, e), max(all, a), max(recovered, f.recovered)
		lasted += f.end.Sub(f.began)
	}
	if times == 0 {
		return
	}
	there, rate := "-", "-"
	if elsewhere > 0 {
		there, rate = short(elsewhere), fmt.Sprintf("%.0f", float64(acks)/lasted.Seconds())
	}
	fmt.Fprintf(b, "| %s | %d | %s | %s | %s | %s |\n", kind, times, there, short(all), rate, short(recovered))
}

func short(d time.Duration) string { return d.Round(10 * time.Millisecond).String() }

func names(nodes []*servertest.Node) (list []string) {
	for _, n := range nodes {
		list = append(list, n.Name)
	}
	return list
}

// summarize prints the figures.
func (r *run) summarize(said map[string][]message, lives []memory) {
	acks, calls, objects, heard, unanswered, full := 0, 0, 0, 0, 0, 0
	for _, list := range said {
		for _, m := range list {
			if m.acked() {
				acks++
			}
		}
	}
	for _, l := range lives {
		for _, list := range l.heard {
			heard += len(list)
		}
	}
	for _, o := range r.rosters {
		objects += len(o.objects)
		for _, obj := range o.objects {
			calls += len(obj.calls)
			for _, c := range obj.calls {
				if c.to.IsZero() {
					unanswered++
				}
				if c.full {
					full++
				}
			}
		}
	}
	r.t.Logf("seed %d: %d faults in %v; %d messages acknowledged, %d heard on %d connections, refusals %v; %d calls to %d groups and rooms, %d without an answer, %d refused since it was full; %d times a friend was said to be gone who was there, at a node within reach\n%s",
		r.seed, len(r.figures), time.Since(r.figures[0].began).Round(time.Second), acks, heard, len(lives), r.journal.mu.refusals, calls, objects, unanswered, full, flickers(lives, r.figures), r.table(said))
}
