package register

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Read advances the value to what the log holds, or fails, at the latest when ctx ends.
func (r *Register[V]) Read(ctx context.Context) error {
	l, err := r.load(ctx)
	if err != nil {
		return err
	}
	v, err := r.fold(l)
	if err != nil {
		return err
	}
	r.advance(v)
	return nil
}

func (r *Register[V]) load(ctx context.Context) (im.Load, error) {
	type answer struct {
		load im.Load
		err  error
	}
	c := make(chan answer, 1)
	r.o.Log.Load(r.o.Addr, func(l im.Load, err error) { c <- answer{l, err} })
	select {
	case a := <-c:
		return a.load, a.err
	case <-ctx.Done():
		return im.Load{}, ctx.Err()
	}
}

// fold returns the view that a log's entries make.
func (r *Register[V]) fold(l im.Load) (*view[V], error) {
	if len(l.Snapshot) > 0 {
		return nil, im.E("register.load", im.Unsupported, "the data directory was written by a newer parley")
	}
	v := r.o.Empty
	for _, e := range l.Tail {
		var ev pb.Event
		if err := proto.Unmarshal(e.Body, &ev); err != nil {
			return nil, &im.Error{Op: "register.load", Kind: im.Internal, Err: fmt.Errorf("%v: entry %d: %w", r.o.Addr, e.Seq, err)}
		}
		v = r.o.Fold(v, e.TS, &ev)
	}
	return &view[V]{head: l.Head, value: v}, nil
}
