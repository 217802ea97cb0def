package rest_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/rest"
)

// sluggish is a world whose commands and reads take that long each, unless their context ends first.
type sluggish struct {
	*world
	pause time.Duration
}

func (s sluggish) wait(ctx context.Context) error {
	t := time.NewTimer(s.pause)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s sluggish) Profile(ctx context.Context, app im.AppID, user im.UserID) (dispatch.Profile, error) {
	if err := s.wait(ctx); err != nil {
		return dispatch.Profile{}, err
	}
	return s.world.Profile(ctx, app, user)
}

func (s sluggish) History(ctx context.Context, at im.Address, before im.Before, limit int) ([]im.Entry, error) {
	if err := s.wait(ctx); err != nil {
		return nil, err
	}
	return s.world.History(ctx, at, before, limit)
}

// The work on a request has 10 s, all its commands and reads together; then 503 and 5013 are answered. Time is
// synctest's, and exact.
//
// Checked by breaking it: without the timeout each answer comes late and is 200.
func TestRequest_IsAnsweredInTime(t *testing.T) {
	t.Parallel()
	const late = `{"errorCode":5013,`
	for _, tt := range []struct {
		name, target string
		pause, took  time.Duration
		status       int
	}{
		{"a command in time", "/ctx/tom", 9 * time.Second, 9 * time.Second, http.StatusOK},
		{"a command", "/ctx/tom", time.Minute, 10 * time.Second, http.StatusServiceUnavailable},
		{"a read", "/ctx/tom/friends/jerry/chats", time.Minute, 10 * time.Second, http.StatusServiceUnavailable},
		{"a command and reads in time", "/ctx/tom/friends?detail", 4 * time.Second, 8 * time.Second, http.StatusOK},
		{"reads after a command", "/ctx/tom/friends?detail", 6 * time.Second, 10 * time.Second, http.StatusServiceUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := sluggish{friends(t), tt.pause}
				h := rest.New(rest.Options{Commands: w, History: w, Keys: w, Logger: slog.New(slog.DiscardHandler)})
				began := time.Now()
				got := ask(h, "GET", tt.target, "", nil)
				took := time.Since(began)
				if got.Code != tt.status || took != tt.took || (got.Code != http.StatusOK) != matches(got.Body.String(), late) {
					t.Errorf("%d %s after %v, want %d after %v", got.Code, got.Body, took, tt.status, tt.took)
				}
			})
		})
	}
}
