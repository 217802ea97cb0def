package auth

import (
	"context"
	"sync"
	"time"
)

// lookEvery is how often the log is looked at for what other nodes have saved. A look that finds nothing reads one key.
const lookEvery = time.Second

// Run follows what other nodes save until ctx ends.
func (a *Apps) Run(ctx context.Context) { a.register.Run(ctx) }

// look is one read of the log for all who name an unknown app meanwhile, at most one a second.
type look struct {
	mu    sync.Mutex
	began time.Time
	// ended is closed when the read that began then has ended.
	ended chan struct{}
}

// lookForMore reads the log, or waits for who does, unless that was done less than a second ago. It waits for a second at
// most.
func (a *Apps) lookForMore() {
	ended, mine := a.unknown.join()
	if !mine {
		<-ended
		return
	}
	defer close(ended)
	ctx, cancel := context.WithTimeout(context.Background(), lookEvery)
	defer cancel()
	a.register.Read(ctx) //nolint:errcheck // the app stays unknown
}

// join returns the latest look, which ends by itself, and whether it is the caller's to do and end.
func (l *look) join() (ended chan struct{}, mine bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended != nil && time.Since(l.began) < lookEvery {
		return l.ended, false
	}
	l.began, l.ended = time.Now(), make(chan struct{})
	return l.ended, true
}
