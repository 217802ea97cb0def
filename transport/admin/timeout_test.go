package admin_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-im/parley/auth"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/admin"
)

// A check of /readyz has a second; one that takes longer fails and is named, and holds up no other. Time is
// synctest's, and exact.
//
// Checked by breaking it: without the timeout the answer is 200, a minute late for each of the slow ones.
func TestReadyz_NamesChecksThatTakeTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newAdmin(demoApps(),
			checkOf("log", time.Minute), checkOf("node", 999*time.Millisecond), checkOf("apps", time.Minute), checkOf("last", 0))
		began := time.Now()
		got := ask(h, "GET", "/readyz", nobody)
		took := time.Since(began)
		const want = "log: context deadline exceeded\napps: context deadline exceeded\n"
		if got.Code != http.StatusServiceUnavailable || got.Body.String() != want || took != time.Second {
			t.Errorf("%d %q after %v, want 503 %q after 1s", got.Code, got.Body, took, want)
		}
	})
}

// checkOf is a check that takes so long and then holds, unless its context ends first.
func checkOf(name string, takes time.Duration) admin.Check {
	return admin.Check{Name: name, Run: func(ctx context.Context) error {
		select {
		case <-time.After(takes):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
}

// appLog is a log of apps in memory. While it is mute it stores what is appended and answers nobody, as a node may that
// loses its leader.
type appLog struct {
	mute    bool
	entries []im.Entry
}

func (l *appLog) Append(a im.Append) error {
	if a.Expected != uint64(len(l.entries)) {
		a.Done(im.Refused)
		return nil
	}
	l.entries = append(l.entries, a.Entries...)
	if !l.mute {
		a.Done(im.Stored)
	}
	return nil
}

func (l *appLog) Load(a im.Address, done func(im.Load, error)) {
	head, _ := l.Head(a)
	done(im.Load{Head: head, Tail: slices.Clone(l.entries)}, nil)
}

func (l *appLog) Head(im.Address) (head im.Head, err error) {
	if n := len(l.entries); n > 0 {
		head = im.Head{Seq: l.entries[n-1].Seq, TS: l.entries[n-1].TS}
	}
	return head, nil
}

// Drawing an app has 10 s; then 503 is answered, and the app may exist: when the log answers again it is there, beside
// the one that is drawn next. Time is synctest's, and exact.
//
// Checked by breaking it: without the timeout synctest finds that the handler waits for ever.
func TestCreate_GivesUpInTimeAndTheAppMayExist(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &appLog{}
		apps, err := auth.Open(t.Context(), log, func() im.Millis { return 1 })
		if err != nil {
			t.Fatal(err)
		}
		h := admin.New(admin.Options{Apps: func() admin.Apps { return apps }, Health: &admin.Health{}, Metrics: http.NotFoundHandler(), Token: "secret"})

		log.mute = true
		began := time.Now()
		got := ask(h, "POST", "/v1/apps", bearer)
		if took := time.Since(began); got.Code != http.StatusServiceUnavailable || took != 10*time.Second {
			t.Errorf("%d %s after %v, want 503 after 10s", got.Code, got.Body, took)
		}
		log.mute = false
		if got := ask(h, "POST", "/v1/apps", bearer); got.Code != http.StatusCreated {
			t.Errorf("when the log answers again: %d %s", got.Code, got.Body)
		}
		var list admin.AppList
		if err := json.Unmarshal(ask(h, "GET", "/v1/apps", bearer).Body.Bytes(), &list); err != nil || len(list.Apps) != 2 {
			t.Errorf("%d apps, %v; want the one that was given up and the next", len(list.Apps), err)
		}
	})
}
