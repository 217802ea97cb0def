package socketio

import (
	"context"
	"sync"
)

// laneKey names a lane: what a command is for.
type laneKey struct {
	toType int
	id     string
}

// loginLane is the lane of logins.
var loginLane = laneKey{toType: -1}

// job is one command in a lane.
type job struct {
	size int
	do   func(context.Context)
}

// lanes holds the commands of one session that are in flight. Those of a lane run one at a time, in order; a lane
// with commands has a goroutine. Bounded in number and bytes; overflow: pause is called, and resume once there is
// room, so that no more come.
type lanes struct {
	// start runs a lane's goroutine; false = the server closes.
	start         func(func(context.Context)) bool
	pause, resume func()
	// maxJobs and maxBytes are the bounds; the job that reaches one is still taken.
	maxJobs, maxBytes int

	mu struct {
		sync.Mutex
		// busy holds what waits in each lane that has a goroutine.
		busy map[laneKey][]job
		// jobs and bytes count what waits or runs.
		jobs, bytes int
		paused      bool
	}
}

// add puts a command at the end of its lane. It does not block.
func (l *lanes) add(key laneKey, j job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting, busy := l.mu.busy[key]
	if !busy && !l.start(func(ctx context.Context) { l.run(ctx, key) }) {
		return
	}
	if l.mu.busy == nil {
		l.mu.busy = make(map[laneKey][]job)
	}
	l.mu.busy[key] = append(waiting, j)
	l.countLocked(1, j.size)
}

// run is a lane's goroutine: it ends when nothing waits.
func (l *lanes) run(ctx context.Context, key laneKey) {
	for {
		j, ok := l.next(key)
		if !ok {
			return
		}
		j.do(ctx)
		l.done(j)
	}
}

func (l *lanes) next(key laneKey) (job, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting := l.mu.busy[key]
	if len(waiting) == 0 {
		delete(l.mu.busy, key)
		return job{}, false
	}
	l.mu.busy[key] = waiting[1:]
	return waiting[0], true
}

func (l *lanes) done(j job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.countLocked(-1, -j.size)
}

// countLocked keeps the counts, and pauses or resumes. NB: pause and resume are called with mu held, so that they
// take effect in the order in which they were decided.
func (l *lanes) countLocked(jobs, bytes int) {
	l.mu.jobs += jobs
	l.mu.bytes += bytes
	full := l.mu.jobs >= l.maxJobs || l.mu.bytes >= l.maxBytes
	if full == l.mu.paused {
		return
	}
	l.mu.paused = full
	if full {
		l.pause()
	} else {
		l.resume()
	}
}
