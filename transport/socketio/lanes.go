package socketio

import (
	"context"
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

// lanes holds the commands of one session that run one at a time, in order, for each target; a lane with commands has a
// goroutine. Bounded by flight.
type lanes struct {
	// start runs a lane's goroutine; false = the server closes.
	start  func(func(context.Context)) bool
	flight *flight

	mu struct {
		sync.Mutex
		// busy holds what waits in each lane that has a goroutine.
		busy map[im.Address][]job
	}
}

// add puts a command at the end of its lane. It does not block.
func (l *lanes) add(lane im.Address, j job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting, busy := l.mu.busy[lane]
	if !busy && !l.start(func(ctx context.Context) { l.run(ctx, lane) }) {
		return
	}
	if l.mu.busy == nil {
		l.mu.busy = make(map[im.Address][]job)
	}
	l.mu.busy[lane] = append(waiting, j)
	l.flight.began(j.size)
}

// run is a lane's goroutine: it ends when nothing waits.
func (l *lanes) run(ctx context.Context, lane im.Address) {
	for {
		j, ok := l.next(lane)
		if !ok {
			return
		}
		j.do(ctx)
		l.flight.ended(j.size)
	}
}

func (l *lanes) next(lane im.Address) (job, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting := l.mu.busy[lane]
	if len(waiting) == 0 {
		delete(l.mu.busy, lane)
		if lane == loginLane && len(l.mu.busy) == 0 {
			l.mu.busy = nil // half a KiB; most sessions log in and then say nothing for long
		}
		return job{}, false
	}
	l.mu.busy[lane] = waiting[1:]
	return waiting[0], true
}
