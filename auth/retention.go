package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// MinRetention is the shortest window that an app can have: that of a node.
const MinRetention = 70 * time.Second

// SetRetention lets the messages of an app be read for d alone, from the moment on at which it returns; 0 = as long as the node
// says. On other nodes that counts as soon as they have looked (Run). More than a node's own window has no effect there. Fractions of
// a millisecond are dropped. im.Invalid for less than MinRetention, im.NotFound when there is no such app, im.Unavailable when
// ctx ended first: it may be set then.
func (a *Apps) SetRetention(ctx context.Context, id im.AppID, d time.Duration) (App, error) {
	const op = "auth.SetRetention"
	if d != 0 && d < MinRetention {
		return App{}, &im.Error{Op: op, Kind: im.Invalid, Text: fmt.Sprintf("retention %v: 0, or at least %v", d, MinRetention)}
	}
	// NB: what is known here may be late, and a change must not be refused for that.
	if err := a.register.Load(ctx); err != nil {
		return App{}, err
	}
	return a.save(ctx, id, func(all apps) (App, error) {
		app, exists := all[id]
		if !exists {
			return App{}, &im.Error{Op: op, Kind: im.NotFound, Text: fmt.Sprintf("no app %q", id)}
		}
		app.Retention = d.Truncate(time.Millisecond)
		return app, nil
	})
}

// Window returns for how long messages of an app can be read where that is less than the node says; 0 = it says nothing, as an app
// that is not known does.
func (a *Apps) Window(id im.AppID) time.Duration { return a.register.Value()[id].Retention }

// retentionOf reads the setting. What no SetRetention writes counts as none: it must not hide a message that the node would show.
func retentionOf(saved *pb.AppSaved) time.Duration {
	const most = int64(1<<63-1) / int64(time.Millisecond)
	if ms := saved.GetRetention(); ms >= MinRetention.Milliseconds() && ms <= most {
		return time.Duration(ms) * time.Millisecond
	}
	return 0
}
