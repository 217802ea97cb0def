package eventlog

import (
	"fmt"
	"sync"
	"time"
)

// fewAfter is for how long too few members must be heard of before that is an alarm: a node that starts hears of none.
const fewAfter = time.Minute

// alarm tells operators, once for each time that it happens, that nothing is deleted because of a clock. Safe for concurrent use.
type alarm struct {
	mu sync.Mutex
	// heard says that there was a verdict.
	heard bool
	// state is what was told last, "" = all is well; few is since when too few were heard of, 0 = they are not.
	state string
	few   time.Duration
	count uint64
}

// hear takes a verdict.
func (a *alarm) hear(l *Log, v verdict) {
	a.mu.Lock()
	defer a.mu.Unlock()
	first := !a.heard
	a.heard = true
	now := l.o.elapsed()
	if v.holdup != HoldupMembers {
		a.few = 0
	} else if a.few == 0 {
		a.few = now
	}
	state, text := a.judgeLocked(v, now)
	if state == a.state {
		return
	}
	a.state = state
	switch {
	case state == "":
		l.o.Logger.Info("the clock is believed again")
	case first && v.members < 2 && v.behind() < l.o.believe():
		l.o.Logger.Info("what passed while this node was down counts later", "deletion_lags", v.behind().String())
	default:
		a.count++
		l.o.Logger.Warn("nothing is deleted for being old, or later: "+text, "clock", int64(v.wall), "heard", v.heard, "members", v.members)
	}
}

// behind is by how much the time by which is deleted lags.
func (v verdict) behind() time.Duration { return time.Duration(v.ahead) * time.Millisecond }

// judgeLocked says in a word which alarm a verdict is, "" for none, and in words what is off.
func (a *alarm) judgeLocked(v verdict, now time.Duration) (state, text string) {
	switch {
	case v.holdup == HoldupClock && v.ahead > 0:
		return "ahead", fmt.Sprintf("this node's clock is %v ahead of %d others", v.behind(), v.heard-1)
	case v.holdup == HoldupClock:
		return "late", fmt.Sprintf("this node's clock is %v behind %d others", -v.behind(), v.heard-1)
	case v.holdup == HoldupMembers && now-a.few >= fewAfter:
		return "few", fmt.Sprintf("only %d of %d members have said what their clocks say", v.heard, v.members)
	case v.members < 2 && v.ahead > 0:
		return "jumped", fmt.Sprintf("this node's clock is %v ahead of what it said before, and of the time that has passed", v.behind())
	}
	return "", ""
}

// report fills in what is known of the clocks.
func (a *alarm) report(r *ClockReport, v verdict) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r.Members, r.Heard, r.Alarms = v.members, v.heard, a.count
	r.Offset = v.behind()
	r.Apart = v.holdup == HoldupClock
}
