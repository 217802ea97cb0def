package auth

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// reload replaces the view by what the log holds. It repeats until ctx ends. The caller holds writing.
func (a *Apps) reload(ctx context.Context) error {
	return persist(ctx, "auth.Load", func() error {
		l, err := a.load(ctx)
		if err != nil {
			return err
		}
		v, err := fold(l)
		if err != nil {
			return err
		}
		a.view.Store(v)
		return nil
	})
}

func (a *Apps) load(ctx context.Context) (im.Load, error) {
	type answer struct {
		load im.Load
		err  error
	}
	c := make(chan answer, 1)
	a.log.Load(im.Apps, func(l im.Load, err error) { c <- answer{l, err} })
	select {
	case r := <-c:
		return r.load, r.err
	case <-ctx.Done():
		return im.Load{}, ctx.Err()
	}
}

// fold is pure: the view that a log's entries make.
func fold(l im.Load) (*view, error) {
	if len(l.Snapshot) > 0 {
		return nil, im.E("auth.Load", im.Unsupported, "the data directory was written by a newer parley")
	}
	v := &view{apps: map[im.AppID]App{}}
	for _, e := range l.Tail {
		var ev pb.Event
		if err := proto.Unmarshal(e.Body, &ev); err != nil {
			return nil, &im.Error{Op: "auth.Load", Kind: im.Internal, Err: fmt.Errorf("entry %d: %w", e.Seq, err)}
		}
		if saved := ev.GetAppSaved(); saved != nil {
			v = v.with(l.Head, saved)
		}
	}
	v.head = l.Head
	return v, nil
}
