package chaos

import (
	"fmt"
	"slices"
	"time"

	"github.com/parley-im/parley/test/ledger"
)

// checkOrder looks at one conversation (G1, G2, G3): nothing acknowledged is lost, nothing is doubled, numbers have no gaps and
// stamps grow, what was acknowledged is where its answer said (package ledger); and whatever was acknowledged before another
// was first said comes before it, whoever spoke.
func checkOrder(said []message, history []ledger.Record) (faults []error) {
	sent := make([]ledger.Sent, len(said))
	for i := range said {
		sent[i] = said[i].sent()
	}
	for _, f := range ledger.Check(sent, history) {
		faults = append(faults, fmt.Errorf("%s: %w", guarantee[f.Kind], f))
	}
	return append(faults, checkTime(said)...)
}

// guarantee is what a fault of the ledger breaks.
var guarantee = map[ledger.Kind]string{
	ledger.Lost: "G1", ledger.Doubled: "G2", ledger.Swapped: "G3", ledger.Gap: "G3", ledger.Clock: "G3", ledger.Foreign: "G3",
}

// checkTime looks for messages that come before what was over when they began.
func checkTime(said []message) (faults []error) {
	acked := slices.DeleteFunc(slices.Clone(said), func(m message) bool { return !m.acked() })
	slices.SortFunc(acked, func(a, b message) int { return int(a.n) - int(b.n) })
	var soonest message // to be answered, of those with higher numbers
	for _, m := range slices.Backward(acked) {
		if soonest.acked() && soonest.answered.Before(m.invoked) {
			faults = append(faults, fmt.Errorf("G3: %q has n %d, but %q, n %d, was answered %v before it was said",
				m.body, m.n, soonest.body, soonest.n, m.invoked.Sub(soonest.answered)))
		}
		if !soonest.acked() || m.answered.Before(soonest.answered) {
			soonest = m
		}
	}
	return faults
}

// checkWriter looks for two messages that have one number (G6): two owners wrote.
func checkWriter(said []message) (faults []error) {
	by := map[uint64]message{}
	for _, m := range said {
		if other, taken := by[m.n]; taken && m.acked() {
			faults = append(faults, fmt.Errorf("G6: %s answered n %d for %q, and %s for %q", m.last, m.n, m.body, other.last, other.body))
		}
		if m.acked() {
			by[m.n] = m
		}
	}
	return faults
}

// alone is a time during which a node could not have the word of a majority.
type alone struct {
	node     string
	from, to time.Time
}

// checkMinority looks for messages that a node acknowledged although it heard them and answered while it was alone (G6).
func checkMinority(said []message, times []alone) (faults []error) {
	for _, m := range said {
		for _, a := range times {
			if m.acked() && !m.duplicate && m.last == a.node && m.tried.After(a.from) && m.answered.Before(a.to) {
				faults = append(faults, fmt.Errorf("G6: %s acknowledged %q, n %d, %v after it was cut off", a.node, m.body, m.n, m.answered.Sub(a.from)))
			}
		}
	}
	return faults
}
