package auth

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Log is what Apps needs of the event log.
type Log interface {
	// Append queues an append; see im.Append.
	Append(im.Append) error
	// Load reads a log behind a barrier and calls done once, from another goroutine.
	Load(addr im.Address, done func(im.Load, error))
}

// Apps is the registry of apps. Safe for concurrent use.
type Apps struct {
	log   Log
	clock func() im.Millis

	// writing is held from folding the log to the answer of an append, by one writer at a time.
	writing sync.Mutex
	// view is replaced as a whole and never changed.
	view atomic.Pointer[view]
}

// view is the apps as of one head of the log.
type view struct {
	head im.Head
	apps map[im.AppID]App
}

// Open folds the log of apps. It waits for a majority until ctx ends.
func Open(ctx context.Context, log Log, clock func() im.Millis) (*Apps, error) {
	a := &Apps{log: log, clock: clock}
	a.view.Store(&view{})
	a.writing.Lock()
	defer a.writing.Unlock()
	if err := a.reload(ctx); err != nil {
		return nil, err
	}
	return a, nil
}

// Ensure makes sure that app exists with exactly these keys; its Created is ignored. It changes the keys when they
// differ and writes nothing when they do not. im.Invalid for a malformed app, im.Unavailable when ctx ended first.
func (a *Apps) Ensure(ctx context.Context, app App) error {
	if err := app.Validate(); err != nil {
		return err
	}
	_, err := a.save(ctx, app)
	return err
}

// Create draws an app, saves it and returns it.
func (a *Apps) Create(ctx context.Context) (App, error) { return a.save(ctx, drawApp()) }

// App returns the app named id, or ok = false.
func (a *Apps) App(id im.AppID) (app App, ok bool) {
	app, ok = a.view.Load().apps[id]
	return app, ok
}

// List returns the apps in the order of their creation. The slice is the caller's.
func (a *Apps) List() []App {
	v := a.view.Load()
	list := make([]App, 0, len(v.apps))
	for _, app := range v.apps {
		list = append(list, app)
	}
	slices.SortFunc(list, func(x, y App) int {
		return cmp.Or(cmp.Compare(x.Created, y.Created), cmp.Compare(x.ID, y.ID))
	})
	return list
}

// with returns a view in which one more event has happened.
func (v *view) with(head im.Head, e *pb.AppSaved) *view {
	next := &view{head: head, apps: make(map[im.AppID]App, len(v.apps)+1)}
	for id, app := range v.apps {
		next.apps[id] = app
	}
	next.apps[im.AppID(e.GetId())] = App{
		ID:        im.AppID(e.GetId()),
		ClientKey: e.GetClientKey(),
		MasterKey: e.GetMasterKey(),
		Created:   im.Millis(e.GetCreated()),
	}
	return next
}
