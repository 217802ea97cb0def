package auth_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-im/parley/auth"
	"github.com/parley-im/parley/im"
)

// fakeLog keeps the log of apps in memory and checks the expected seq, as the real one does.
type fakeLog struct {
	mu      sync.Mutex
	entries []im.Entry
	head    im.Head
	// before, when set, runs once ahead of the next append, and may answer in its place.
	before func(im.Append) (o im.Outcome, err error, answered bool)
	// loadErrs are returned by the next loads.
	loadErrs []error
	// deaf: loads are not answered.
	deaf           bool
	appends, loads int
}

func (f *fakeLog) Append(a im.Append) error {
	f.mu.Lock()
	before := f.before
	f.before = nil
	f.mu.Unlock()
	if before != nil {
		if o, err, answered := before(a); answered {
			if err == nil {
				go a.Done(o)
			}
			return err
		}
	}
	go a.Done(f.store(a))
	return nil
}

func (f *fakeLog) store(a im.Append) im.Outcome {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.appends++
	e := a.Entries[0]
	if a.Addr != im.Apps || a.Epoch != (im.Epoch{}) || a.Expected != f.head.Seq || e.Seq != f.head.Seq+1 || e.TS <= f.head.TS {
		return im.Refused
	}
	f.entries = append(f.entries, e)
	f.head.Seq, f.head.TS = e.Seq, e.TS
	return im.Stored
}

func (f *fakeLog) Load(addr im.Address, done func(im.Load, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.loads++
	if f.deaf {
		return
	}
	var err error
	if len(f.loadErrs) > 0 {
		err, f.loadErrs = f.loadErrs[0], f.loadErrs[1:]
	}
	l := im.Load{Head: f.head, Tail: append([]im.Entry(nil), f.entries...)}
	go done(l, err)
}

func (f *fakeLog) Head(im.Address) (im.Head, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.head, nil
}

func clock() im.Millis { return 1000 }

func open(t *testing.T, log *fakeLog) *auth.Apps {
	t.Helper()
	a, err := auth.Open(t.Context(), log, clock)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

var demo = auth.App{ID: "demo", ClientKey: "client", MasterKey: "master"}

func TestApps_WhatIsSavedIsThereAfterOpening(t *testing.T) {
	t.Parallel()
	log := &fakeLog{}
	a := open(t, log)
	if err := a.Ensure(t.Context(), demo); err != nil {
		t.Fatal(err)
	}
	created, err := a.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := open(t, log).List()
	want := []auth.App{{ID: "demo", ClientKey: "client", MasterKey: "master", Created: 1000}, created}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("after opening: %+v, want %+v", got, want)
	}
	if created.Created != 1001 || len(created.ID) != 24 || created.Validate() != nil {
		t.Errorf("created %+v", created)
	}
}

func TestEnsure_WritesOnlyWhatChanges(t *testing.T) {
	t.Parallel()
	log := &fakeLog{}
	a := open(t, log)
	changed := demo
	changed.ClientKey = "other"
	for i, step := range []struct {
		app     auth.App
		appends int
	}{{demo, 1}, {demo, 1}, {changed, 2}, {changed, 2}} {
		if err := a.Ensure(t.Context(), step.app); err != nil || log.appends != step.appends {
			t.Errorf("step %d: %v, %d appends, want %d", i, err, log.appends, step.appends)
		}
	}
	got, _ := a.App("demo")
	if got.ClientKey != "other" || got.Created != 1000 {
		t.Errorf("app = %+v; want the new key and the first stamp", got)
	}
	if a.VerifyKey("demo", "client") == nil || a.VerifyKey("demo", "other") != nil {
		t.Error("the old key still verifies, or the new one does not")
	}
}

// Of two writers at once one is refused; it folds what the other wrote and goes on behind it.
func TestSave_YieldsToARival(t *testing.T) {
	t.Parallel()
	log := &fakeLog{}
	a, rival := open(t, log), open(t, log)
	log.before = func(im.Append) (im.Outcome, error, bool) {
		if err := rival.Ensure(context.Background(), auth.App{ID: "rival", ClientKey: "c", MasterKey: "m"}); err != nil {
			t.Error(err)
		}
		return 0, nil, false
	}
	if err := a.Ensure(t.Context(), demo); err != nil {
		t.Fatal(err)
	}
	if got := len(a.List()); got != 2 {
		t.Errorf("%d apps, want both", got)
	}
}

// An append without an answer may be stored: it is looked for, and not made twice.
func TestSave_LooksForAnAppendWithoutAnswer(t *testing.T) {
	t.Parallel()
	log := &fakeLog{}
	a := open(t, log)
	log.before = func(ap im.Append) (im.Outcome, error, bool) {
		log.store(ap)
		return im.Unknown, nil, true
	}
	if err := a.Ensure(t.Context(), demo); err != nil || log.appends != 1 {
		t.Errorf("%v after %d appends, want one", err, log.appends)
	}
}

func TestSave_OutlastsPassingFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &fakeLog{}
		a := open(t, log)
		log.before = func(im.Append) (im.Outcome, error, bool) {
			log.before = func(im.Append) (im.Outcome, error, bool) { return im.Moved, nil, true }
			return 0, im.E("log", im.Overloaded, ""), true
		}
		log.loadErrs = []error{im.E("log", im.Unavailable, ""), im.E("log", im.Retry, "")}
		if err := a.Ensure(t.Context(), demo); err != nil {
			t.Error(err)
		}
	})
}

func TestOpen_GivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &fakeLog{}
		for range 1000 {
			log.loadErrs = append(log.loadErrs, im.E("log", im.Unavailable, "no leader"))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := auth.Open(ctx, log, clock)
		if im.KindOf(err) != im.Unavailable || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Open: %v, want unavailable with the cause", err)
		}
	})
}

func TestOpen_RefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	log := &fakeLog{entries: []im.Entry{{Seq: 1, Body: []byte("\xff\xff\xff")}}}
	if _, err := auth.Open(t.Context(), log, clock); err == nil {
		t.Error("Open took a broken entry")
	}
}

func TestParseApp(t *testing.T) {
	t.Parallel()
	if got, err := auth.ParseApp("demo:client:master"); err != nil || got != demo {
		t.Errorf("ParseApp = %+v, %v", got, err)
	}
	for _, bad := range []string{
		"", "demo", "demo:client", "demo:client:master:x", ":client:master", "de mo:client:master",
		"demo::master", "demo:client:", "demo:same:same", "demo:cl ient:master", "demo:cl,ient:master",
		"demo:kl\u00fc:master", "demo:" + strings.Repeat("k", 129) + ":master", strings.Repeat("a", 65) + ":client:master",
	} {
		if _, err := auth.ParseApp(bad); im.KindOf(err) != im.Invalid || err == nil {
			t.Errorf("ParseApp(%q) = %v, want invalid", bad, err)
		}
	}
}
