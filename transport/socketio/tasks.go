package socketio

import (
	"context"
	"sync"

	"github.com/parley-im/parley/internal/crew"
)

// tasks knows what is being carried out: its own goroutines, and commands that others answer.
type tasks struct {
	// ctx lives as long as the goroutines may: it ends when close gives up waiting. NB: it is kept because a command
	// outlives the packet, and even the session, that it came from.
	ctx    context.Context
	cancel context.CancelFunc
	crew   crew.Crew

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup // grows only while mu is held and closed is false
}

func newTasks() *tasks {
	ctx, cancel := context.WithCancel(context.Background())
	return &tasks{ctx: ctx, cancel: cancel}
}

// start runs f in a goroutine, unless close was called.
func (t *tasks) start(f func(context.Context)) bool {
	if !t.begin() {
		return false
	}
	t.crew.Go(func() {
		defer t.end()
		f(t.ctx)
	})
	return true
}

// begin counts what runs until end is called, unless close was.
func (t *tasks) begin() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.running.Add(1)
	}
	return !t.closed
}

// end undoes begin.
func (t *tasks) end() { t.running.Done() }

// close waits for what runs; when ctx ends first, it cancels the goroutines, waits on, and returns the error of ctx.
func (t *tasks) close(ctx context.Context) error {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	defer t.cancel()
	stop := context.AfterFunc(ctx, t.cancel)
	t.running.Wait()
	if !stop() {
		return ctx.Err()
	}
	return nil
}
