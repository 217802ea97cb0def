package auth_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-im/parley/auth"
	"github.com/parley-im/parley/im"
)

// A retention is written once, kept when keys change and when the log is read anew, and taken back with 0.
//
// Checked by breaking it: when Ensure saves the app that it is given, new keys take the retention with them.
func TestSetRetention_StaysUntilItIsChanged(t *testing.T) {
	t.Parallel()
	log := &fakeLog{}
	a := open(t, log)
	ensure(t, a, demo)
	for i, step := range []struct {
		set     time.Duration
		appends int
	}{{24 * time.Hour, 2}, {24 * time.Hour, 2}, {auth.MinRetention + time.Microsecond, 3}, {auth.MinRetention, 3}, {0, 4}, {time.Hour, 5}} {
		app, err := a.SetRetention(t.Context(), "demo", step.set)
		if err != nil || app.Retention != step.set.Truncate(time.Millisecond) || a.Window("demo") != app.Retention || log.appends != step.appends {
			t.Errorf("step %d: %+v, %v, %d appends, want %d", i, app, err, log.appends, step.appends)
		}
	}
	changed := demo
	changed.ClientKey = "other"
	ensure(t, a, changed)
	changed.Created, changed.Retention = 1000, time.Hour
	for name, apps := range map[string]*auth.Apps{"here": a, "after opening": open(t, log)} {
		if got, _ := apps.App("demo"); got != changed || apps.Window("demo") != time.Hour || apps.Window("nobody") != 0 {
			t.Errorf("%s: %+v, want %+v; %v of an app that is not there", name, got, changed, apps.Window("nobody"))
		}
	}
}

// What cannot be is refused and changes nothing; an app that another node has just created is found.
//
// Checked by breaking it: without the look at the log before the change, the new app is not found.
func TestSetRetention_RefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	log := &fakeLog{}
	here, late := open(t, log), open(t, log)
	ensure(t, here, demo)
	for _, tt := range []struct {
		app  im.AppID
		set  time.Duration
		kind im.ErrorKind
	}{
		{"demo", auth.MinRetention - 1, im.Invalid},
		{"demo", -time.Hour, im.Invalid},
		{"nobody", time.Hour, im.NotFound},
		{"", time.Hour, im.NotFound},
	} {
		if _, err := here.SetRetention(t.Context(), tt.app, tt.set); im.KindOf(err) != tt.kind || log.appends != 1 {
			t.Errorf("%v of %q: %v after %d appends, want %v", tt.set, tt.app, err, log.appends, tt.kind)
		}
	}
	if _, err := late.SetRetention(t.Context(), "demo", time.Hour); err != nil || late.Window("demo") != time.Hour {
		t.Errorf("of an app that another node has created: %v, %v", late.Window("demo"), err)
	}
}

// What is set on one node counts on another a second later. Time is synctest's, and exact.
func TestSetRetention_CountsElsewhereAfterALook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &fakeLog{}
		here := open(t, log)
		ensure(t, here, demo)
		there := open(t, log)
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { there.Run(ctx) })
		defer running.Wait()
		defer cancel()
		if _, err := here.SetRetention(t.Context(), "demo", time.Hour); err != nil {
			t.Fatal(err)
		}
		pass(t, time.Second)
		if got := there.Window("demo"); got != time.Hour {
			t.Errorf("%v on the other node after a second", got)
		}
	})
}
