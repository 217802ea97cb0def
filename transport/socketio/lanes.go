package socketio

import (
	"context"
	"slices"
	"sync"

	"github.com/parley-im/parley/im"
)

// loginLane is the lane of logins and logouts; any other is named by the target of its commands.
var loginLane = im.Address{}

// job is one command in a lane.
type job struct {
	size int
	do   func(context.Context)
}

// lane holds commands for one target that wait; it has a goroutine.
type lane struct {
	to      im.Address
	waiting []job
}

// lanes holds the commands of one session that run one at a time, in order, for each target. Bounded by flight, and so few
// enough to look through.
type lanes struct {
	// start runs a lane's goroutine; false = the server closes.
	start  func(func(context.Context)) bool
	flight *flight

	mu struct {
		sync.Mutex
		// busy are those with commands. Invariant: nil when there are none, as most sessions log in and then say nothing for long.
		busy []*lane
	}
}

// add puts a command at the end of its lane. It does not block.
func (l *lanes) add(to im.Address, j job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := l.findLocked(to); i >= 0 {
		at := l.mu.busy[i]
		at.waiting = append(at.waiting, j)
		l.flight.began(j.size)
		return
	}
	at := &lane{to: to, waiting: []job{j}}
	if !l.start(func(ctx context.Context) { l.run(ctx, at) }) {
		return
	}
	l.mu.busy = append(l.mu.busy, at)
	l.flight.began(j.size)
}

func (l *lanes) findLocked(to im.Address) int {
	return slices.IndexFunc(l.mu.busy, func(at *lane) bool { return at.to == to })
}

// run is a lane's goroutine: it ends when nothing waits.
func (l *lanes) run(ctx context.Context, at *lane) {
	for {
		j, ok := l.next(at)
		if !ok {
			return
		}
		j.do(ctx)
		l.flight.ended(j.size)
	}
}

func (l *lanes) next(at *lane) (job, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(at.waiting) > 0 {
		j := at.waiting[0]
		at.waiting = at.waiting[1:]
		return j, true
	}
	i := l.findLocked(at.to)
	if l.mu.busy = slices.Delete(l.mu.busy, i, i+1); len(l.mu.busy) == 0 {
		l.mu.busy = nil
	}
	return job{}, false
}
