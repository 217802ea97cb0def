package register

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// errAgain is returned within this package when an append may succeed after another look at the log.
var errAgain = errors.New("append not stored")

// Change appends what decide makes of the value that the log holds, and of the stamp that the events will bear: no events =
// nothing is to be done. It repeats, and decides anew each time, until they were stored together, decide wants none or refuses,
// which is the error then, or ctx ends, which is im.Unavailable: they may be stored all the same. An append whose outcome is
// not known is looked for before it is made again; should both reach the log, it refuses the second, which expects what was
// there before the first. decide may be asked about a value that is late; what it decides is stored only if it is not, but
// it may refuse too early: read first where that matters.
func (r *Register[V]) Change(ctx context.Context, decide func(v V, ts im.Millis) ([]*pb.Event, error)) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	return persist(ctx, "register.change", func() error {
		err := r.tryChange(ctx, decide)
		if !errors.Is(err, errAgain) {
			return err
		}
		if err := r.Load(ctx); err != nil {
			return err
		}
		return errAgain
	})
}

func (r *Register[V]) tryChange(ctx context.Context, decide func(V, im.Millis) ([]*pb.Event, error)) error {
	v := r.view.Load()
	ts := max(r.o.Clock(), v.head.TS+1)
	events, err := decide(v.value, ts)
	if err != nil || len(events) == 0 {
		return err
	}
	a := im.Append{Addr: r.o.Addr, Expected: v.head.Seq}
	next := &view[V]{head: v.head, value: v.value}
	for _, e := range events {
		body, err := proto.Marshal(e)
		if err != nil {
			return &im.Error{Op: "register.change", Kind: im.Internal, Err: err}
		}
		next.head.Seq, next.head.TS = next.head.Seq+1, ts
		next.value = r.o.Fold(next.value, ts, e)
		a.Entries = append(a.Entries, im.Entry{Seq: next.head.Seq, TS: ts, Body: body})
		ts++
	}
	outcome, err := r.store(ctx, a)
	if err != nil {
		return err
	}
	if outcome != im.Stored {
		return errAgain
	}
	r.advance(next)
	return nil
}

// store appends and waits for the outcome.
func (r *Register[V]) store(ctx context.Context, a im.Append) (im.Outcome, error) {
	c := make(chan im.Outcome, 1)
	a.Done = func(o im.Outcome) { c <- o }
	if err := r.o.Log.Append(a); err != nil {
		return 0, err
	}
	select {
	case o := <-c:
		return o, nil
	case <-ctx.Done():
		return im.Unknown, ctx.Err()
	}
}
