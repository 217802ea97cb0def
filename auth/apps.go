package auth

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/register"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Log is what Apps needs of the event log.
type Log = register.Log

// Apps is the registry of apps. Safe for concurrent use.
type Apps struct {
	register *register.Register[apps]
	// unknown is shared by those who name an app that is not known.
	unknown look
}

// apps is never changed.
type apps map[im.AppID]App

// Open folds the log of apps. It waits for a majority until ctx ends.
func Open(ctx context.Context, log Log, clock func() im.Millis) (*Apps, error) {
	a := &Apps{register: register.New(register.Options[apps]{
		Log: log, Addr: im.Apps, Clock: clock, LookEvery: lookEvery, Fold: apps.fold,
	})}
	if err := a.register.Load(ctx); err != nil {
		return nil, err
	}
	return a, nil
}

// Ensure makes sure that app exists with exactly these keys; Created and the settings of app are ignored, and stay as they are. It
// changes the keys when they differ and writes nothing when they do not. im.Invalid for a malformed app, im.Unavailable when ctx
// ended first.
func (a *Apps) Ensure(ctx context.Context, app App) error {
	if err := app.Validate(); err != nil {
		return err
	}
	_, err := a.save(ctx, app.ID, func(all apps) (App, error) { return all.withKeys(app), nil })
	return err
}

// Create draws an app, saves it and returns it. im.Unavailable when ctx ended first: the app may exist then.
func (a *Apps) Create(ctx context.Context) (App, error) {
	app := drawApp()
	return a.save(ctx, app.ID, func(all apps) (App, error) { return all.withKeys(app), nil })
}

// First draws an app if there is none at all. Of several nodes that do so at once, one draws. It returns the app that it
// drew, or drawn = false.
func (a *Apps) First(ctx context.Context) (app App, drawn bool, err error) {
	first := drawApp()
	app, err = a.save(ctx, first.ID, func(all apps) (App, error) {
		if len(all) > 0 {
			return App{}, nil
		}
		return first, nil
	})
	return app, app.ID != "", err
}

// App returns the app named id, or ok = false.
func (a *Apps) App(id im.AppID) (app App, ok bool) {
	app, ok = a.register.Value()[id]
	return app, ok
}

// List returns the apps in the order of their creation. The slice is the caller's.
func (a *Apps) List() []App {
	return slices.SortedFunc(maps.Values(a.register.Value()), func(x, y App) int {
		return cmp.Or(cmp.Compare(x.Created, y.Created), cmp.Compare(x.ID, y.ID))
	})
}

// save saves what next makes of all that the log holds, under the name id, unless that is there already or the zero App. It
// returns what there is of the app then.
func (a *Apps) save(ctx context.Context, id im.AppID, next func(apps) (App, error)) (App, error) {
	err := a.register.Change(ctx, func(all apps, ts im.Millis) ([]*pb.Event, error) {
		app, err := next(all)
		if err != nil || app == (App{}) || app == all[id] {
			return nil, err
		}
		if app.Created == 0 {
			app.Created = ts
		}
		return []*pb.Event{{Body: &pb.Event_AppSaved{AppSaved: &pb.AppSaved{
			Id: string(app.ID), ClientKey: app.ClientKey, MasterKey: app.MasterKey, Created: int64(app.Created),
			Retention: app.Retention.Milliseconds(),
		}}}}, nil
	})
	saved, _ := a.App(id)
	return saved, err
}

// withKeys returns the app of app's id as it is, but with the keys of app.
func (all apps) withKeys(app App) App {
	next := all[app.ID]
	next.ID, next.ClientKey, next.MasterKey = app.ID, app.ClientKey, app.MasterKey
	return next
}

// fold returns the apps after one more event.
func (all apps) fold(_ im.Millis, e *pb.Event) apps {
	saved := e.GetAppSaved()
	if saved == nil {
		return all
	}
	next := make(apps, len(all)+1)
	maps.Copy(next, all)
	next[im.AppID(saved.GetId())] = App{
		ID:        im.AppID(saved.GetId()),
		ClientKey: saved.GetClientKey(),
		MasterKey: saved.GetMasterKey(),
		Created:   im.Millis(saved.GetCreated()),
		Retention: retentionOf(saved),
	}
	return next
}
