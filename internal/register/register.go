package register

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Log is what a Register needs of the event log.
type Log interface {
	// Append queues an append; see im.Append.
	Append(im.Append) error
	// Load reads a log behind a barrier and calls done once, from another goroutine.
	Load(addr im.Address, done func(im.Load, error))
	// Head returns the head of a log as far as this node knows, at once.
	Head(addr im.Address) (im.Head, error)
}

// Options say what a Register keeps. All fields but OnValue are required.
type Options[V any] struct {
	// Log has the register's log, at Addr, whose kind is im.KindCluster.
	Log  Log
	Addr im.Address
	// Clock stamps what is written.
	Clock func() im.Millis
	// LookEvery is how often Run looks for what other nodes have written. A look that finds nothing reads one key.
	LookEvery time.Duration
	// Empty is the value of an empty log. Fold returns the value after one more event, stamped ts; it must not change v.
	Empty V
	Fold  func(v V, ts im.Millis, e *pb.Event) V
	// OnValue is told of each value that replaces another one, in order, one at a time, before whoever wrote it hears that it
	// is stored. It must not call the Register. Nil = nobody asks.
	OnValue func(V)
}

// Register is a value that is replicated.
type Register[V any] struct {
	o Options[V]

	// writing is held from folding the log to the answer of an append, by one writer at a time.
	writing sync.Mutex
	// advancing is held while the view is replaced, after writing.
	advancing sync.Mutex
	// view is replaced as a whole, by a later one, and never changed.
	view atomic.Pointer[view[V]]
}

// view is the value as of one head of the log.
type view[V any] struct {
	head  im.Head
	value V
}

// New returns a Register that has read nothing yet: its value is the empty one.
func New[V any](o Options[V]) *Register[V] {
	r := &Register[V]{o: o}
	r.view.Store(&view[V]{value: o.Empty})
	return r
}

// Value returns the value as far as it is known here.
func (r *Register[V]) Value() V { return r.view.Load().value }

// Load advances the value to what the log holds. It waits for a majority until ctx ends, which is im.Unavailable.
func (r *Register[V]) Load(ctx context.Context) error {
	return persist(ctx, "register.load", func() error { return r.Read(ctx) })
}

// Run follows what other nodes write until ctx ends.
func (r *Register[V]) Run(ctx context.Context) {
	tick := time.NewTicker(r.o.LookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.follow(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// follow reads the log if it has gone on. What fails is tried again at the next look.
func (r *Register[V]) follow(ctx context.Context) {
	head, err := r.o.Log.Head(r.o.Addr)
	if err != nil || head.Seq <= r.view.Load().head.Seq {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	r.Read(ctx) //nolint:errcheck // see above
}

// advance replaces the view by v, unless it is as late already.
func (r *Register[V]) advance(v *view[V]) {
	r.advancing.Lock()
	defer r.advancing.Unlock()
	if v.head.Seq <= r.view.Load().head.Seq {
		return
	}
	r.view.Store(v)
	if r.o.OnValue != nil {
		r.o.OnValue(v.value)
	}
}
