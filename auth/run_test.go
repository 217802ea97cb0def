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

// What one node saves counts on another a second later, new keys of a known app too, and a look that finds nothing reads
// nothing. Time is synctest's, and exact.
//
// Checked by breaking it: without Run the other node keeps to the old key.
func TestRun_FollowsOtherNodes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &fakeLog{}
		here, there := open(t, log), open(t, log)
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { there.Run(ctx) })
		defer running.Wait()
		defer cancel()

		ensure(t, here, demo)
		pass(t, time.Second)
		changed := demo
		changed.ClientKey = "other"
		ensure(t, here, changed)
		if there.VerifyKey("demo", "client") != nil {
			t.Error("the first key does not verify on the other node after a second")
		}
		pass(t, time.Second)
		if there.VerifyKey("demo", "client") == nil || there.VerifyKey("demo", "other") != nil {
			t.Error("the other node knows the old key after a second")
		}
		loads := log.loads
		pass(t, time.Minute)
		if log.loads != loads {
			t.Errorf("%d reads of a log that did not change", log.loads-loads)
		}
	})
}

// Who names an app that another node has just saved is let in. However many name apps that do not exist, the log is read
// once a second, and who comes while it is read waits for that, a second at most.
//
// Checked by breaking it: without the pause between two looks there are as many reads as callers.
func TestVerify_LooksForAnUnknownAppOnceASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &fakeLog{}
		here, there := open(t, log), open(t, log)
		ensure(t, here, demo)
		before := log.loads
		for range 100 {
			if there.VerifyKey("demo", "client") != nil || there.VerifyKey("nobody", "client") == nil {
				t.Fatal("wrong answer")
			}
		}
		if got := log.loads - before; got != 1 {
			t.Errorf("%d reads, want one", got)
		}
		pass(t, time.Second)
		log.deaf = true
		began := time.Now()
		var asking sync.WaitGroup
		for range 10 {
			asking.Go(func() {
				if there.VerifyKey("nobody", "x") == nil {
					t.Error("nobody was let in")
				}
			})
		}
		asking.Wait()
		if took, got := time.Since(began), log.loads-before; took != time.Second || got != 2 {
			t.Errorf("%v and %d reads for ten who named an unknown app, want a second and one more", took, got)
		}
		if there.VerifyKey("demo", "client") != nil {
			t.Error("a known app waits for the log")
		}
	})
}

// Nodes that start at once draw one app, which all of them know.
//
// Checked by breaking it: with Create in place of First there are as many as nodes.
func TestFirst_OneOfSeveralNodesDraws(t *testing.T) {
	t.Parallel()
	log := &fakeLog{}
	nodes := []*auth.Apps{open(t, log), open(t, log), open(t, log)}
	var mu sync.Mutex
	var drawn []auth.App
	var starting sync.WaitGroup
	for _, n := range nodes {
		starting.Go(func() {
			app, ok, err := n.First(t.Context())
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if ok {
				drawn = append(drawn, app)
			}
		})
	}
	starting.Wait()
	if len(drawn) != 1 || len(log.entries) != 1 {
		t.Fatalf("drawn %+v in %d entries, want one", drawn, len(log.entries))
	}
	for i, n := range nodes {
		if got := n.List(); len(got) != 1 || got[0] != drawn[0] {
			t.Errorf("node %d has %+v, want %+v", i, got, drawn)
		}
	}
}

// A first app whose append was stored without an answer is the one that was drawn, and it is told once.
func TestFirst_FindsWhatItDrewWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	log := &fakeLog{}
	a := open(t, log)
	log.before = func(ap im.Append) (im.Outcome, error, bool) {
		log.store(ap)
		return im.Unknown, nil, true
	}
	app, drawn, err := a.First(t.Context())
	if got := a.List(); err != nil || !drawn || len(got) != 1 || got[0] != app {
		t.Errorf("drew %+v, %v, %v; there are %+v", app, drawn, err, got)
	}
	if _, again, err := a.First(t.Context()); again || err != nil {
		t.Errorf("drew a second one, %v", err)
	}
}

// Nodes that are all started with the same app save it once.
func TestEnsure_SeveralNodesSaveOnce(t *testing.T) {
	t.Parallel()
	log := &fakeLog{}
	nodes := []*auth.Apps{open(t, log), open(t, log), open(t, log)}
	var starting sync.WaitGroup
	for _, n := range nodes {
		starting.Go(func() {
			if err := n.Ensure(t.Context(), demo); err != nil {
				t.Error(err)
			}
		})
	}
	starting.Wait()
	if len(log.entries) != 1 {
		t.Errorf("%d entries, want one", len(log.entries))
	}
}

func ensure(t *testing.T, a *auth.Apps, app auth.App) {
	t.Helper()
	if err := a.Ensure(t.Context(), app); err != nil {
		t.Fatal(err)
	}
}

// pass lets synctest's time go on, and whatever is due happen.
func pass(t *testing.T, d time.Duration) {
	t.Helper()
	<-time.After(d)
	synctest.Wait()
}
