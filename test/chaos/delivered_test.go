package chaos

import (
	"fmt"
	"slices"
	"time"

	"github.com/parley-im/parley/test/ledger"
)

// checkHeard looks at what one connection heard of one conversation. What it heard must be what history has, in its order and
// once (G3). What others said after its login was answered must be among it (G7): all of it if the connection lasts,
// otherwise all that comes before the last that it heard.
func checkHeard(m memory, conversation string, said []message, history []ledger.Record) (faults []error) {
	heard := m.heard[conversation]
	for _, f := range ledger.CheckHeard(heard, history) {
		faults = append(faults, fmt.Errorf("%s: %s on %s: %w", guarantee[f.Kind], m.user, m.node, f))
	}
	invoked := map[string]time.Time{}
	for _, s := range said {
		invoked[s.body] = s.invoked
	}
	last, has := uint64(0), map[uint64]bool{}
	for _, r := range heard {
		last, has[r.N] = max(last, r.N), true
	}
	if m.ended.IsZero() {
		last = uint64(len(history))
	}
	var missed []ledger.Record
	for _, r := range history {
		if r.N <= last && r.Speaker != m.user && !has[r.N] && invoked[r.Body].After(m.began) {
			missed = append(missed, r)
		}
	}
	if len(missed) > 0 {
		faults = append(faults, fmt.Errorf("G7: %s was connected to %s %s and never heard %d of %s, from n %d on, %q said %v after its login",
			m.user, m.node, m.span(), len(missed), conversation, missed[0].N, missed[0].Body, invoked[missed[0].Body].Sub(m.began).Round(time.Millisecond)))
	}
	return faults
}

// span says how long a connection lasted.
func (m memory) span() string {
	if m.ended.IsZero() {
		return "until the end"
	}
	return "for " + m.ended.Sub(m.began).Round(time.Millisecond).String()
}

// checkRoom looks at what one connection heard of a room, whose messages are not stored and may be lost: each was said, is
// heard once, and none of a speaker overtakes an earlier one of his, unless he had given that up.
func checkRoom(m memory, room string, said []message) (faults []error) {
	known, times, last := map[ledger.Record]message{}, map[ledger.Record]int{}, map[string]int{}
	for _, s := range said {
		known[ledger.Record{Speaker: s.speaker, Body: s.body}] = s
	}
	for _, r := range m.heard[room] {
		key := ledger.Record{Speaker: r.Speaker, Body: r.Body}
		s, said := known[key]
		if times[key]++; !said || times[key] > 1 || !s.late && s.order <= last[r.Speaker] {
			faults = append(faults, fmt.Errorf("room: %s on %s heard %q by %s, number %d, after number %d, for the %d. time",
				m.user, m.node, r.Body, r.Speaker, s.order, last[r.Speaker], times[key]))
		}
		if !s.late {
			last[r.Speaker] = max(last[r.Speaker], s.order)
		}
	}
	return faults
}

// flickers counts the times that a user was told that a friend went away while the friend was connected, and stayed so, unless
// the friend's node was out of reach.
func flickers(lives []memory, figures []figure) (n int) {
	for _, l := range lives {
		for _, p := range l.presence {
			if node := here(lives, p); !p.online && node != "" && !outOfReach(figures, node, p.at) {
				n++
			}
		}
	}
	return n
}

// here returns the node at which the friend was, "" = none.
func here(lives []memory, p presence) string {
	for _, l := range lives {
		if l.user == p.friend && l.began.Before(p.at) && (l.ended.IsZero() || l.ended.After(p.at)) {
			return l.node
		}
	}
	return ""
}

// outOfReach reports whether node was hit by what happened at that time, or shortly before: a friend is said to be gone after 2 s.
func outOfReach(figures []figure, node string, at time.Time) bool {
	return slices.ContainsFunc(figures, func(f figure) bool {
		return slices.Contains(f.hit, node) && at.After(f.began) && at.Before(f.end.Add(f.recovered+3*time.Second))
	})
}
