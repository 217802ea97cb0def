package auth

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// errAgain is returned within this package when an append may succeed after another look at the log.
var errAgain = errors.New("append not stored")

// save appends app unless the log already ends up with it. It repeats until stored or ctx ends.
func (a *Apps) save(ctx context.Context, app App) (App, error) {
	a.writing.Lock()
	defer a.writing.Unlock()
	err := persist(ctx, "auth.Save", func() error {
		err := a.trySave(ctx, app)
		if !errors.Is(err, errAgain) {
			return err
		}
		if err := a.reload(ctx); err != nil {
			return err
		}
		return errAgain
	})
	saved, _ := a.App(app.ID)
	return saved, err
}

func (a *Apps) trySave(ctx context.Context, app App) error {
	v := a.view.Load()
	old, exists := v.apps[app.ID]
	if exists && sameKeys(old, app) {
		return nil
	}
	ts := max(a.clock(), v.head.TS+1)
	app.Created = ts
	if exists {
		app.Created = old.Created
	}
	return a.append(ctx, v, ts, app)
}

func (a *Apps) append(ctx context.Context, v *view, ts im.Millis, app App) error {
	saved := &pb.AppSaved{
		Id:        string(app.ID),
		ClientKey: app.ClientKey,
		MasterKey: app.MasterKey,
		Created:   int64(app.Created),
	}
	body, err := proto.Marshal(&pb.Event{Body: &pb.Event_AppSaved{AppSaved: saved}})
	if err != nil {
		return &im.Error{Op: "auth.Save", Kind: im.Internal, Err: err}
	}
	entry := im.Entry{Seq: v.head.Seq + 1, TS: ts, Body: body}
	outcome, err := a.store(ctx, im.Append{Addr: im.Apps, Expected: v.head.Seq, Entries: []im.Entry{entry}})
	if err != nil {
		return err
	}
	if outcome != im.Stored {
		return errAgain
	}
	head := v.head
	head.Seq, head.TS = entry.Seq, ts
	a.view.Store(v.with(head, saved))
	return nil
}

// store appends and waits for the outcome.
func (a *Apps) store(ctx context.Context, ap im.Append) (im.Outcome, error) {
	c := make(chan im.Outcome, 1)
	ap.Done = func(o im.Outcome) { c <- o }
	if err := a.log.Append(ap); err != nil {
		return 0, err
	}
	select {
	case o := <-c:
		return o, nil
	case <-ctx.Done():
		return im.Unknown, ctx.Err()
	}
}
