package admin

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/parley-im/parley/auth"
	"github.com/parley-im/parley/im"
)

// App is an app in the answers of the API.
type App struct {
	ID        string `json:"id"`
	ClientKey string `json:"clientKey"`
	MasterKey string `json:"masterKey"`
	// Created is in milliseconds since 1970.
	Created int64 `json:"created"`
	// Retention is for how long its messages can be read, in milliseconds, as far as the node's own windows reach; 0 = as long as these.
	Retention int64 `json:"retention,omitempty"`
}

// AppList is the answer of GET /v1/apps.
type AppList struct {
	Apps []App `json:"apps"`
	// Retention and RetentionStrangers are the windows of the node that answers, in milliseconds.
	Retention          int64 `json:"retention"`
	RetentionStrangers int64 `json:"retentionStrangers"`
}

// AppChange is the request of PATCH /v1/apps/ID.
type AppChange struct {
	// Retention replaces that of the app: 0, or 70 seconds at least, in milliseconds. Required.
	Retention *int64 `json:"retention"`
}

// Problem is the answer of the API to whatever it does not do.
type Problem struct {
	Error string `json:"error"`
}

func appOf(a auth.App) App {
	return App{ID: string(a.ID), ClientKey: a.ClientKey, MasterKey: a.MasterKey, Created: int64(a.Created), Retention: a.Retention.Milliseconds()}
}

// withApps answers 503 until the registry is loaded.
func withApps(apps func() Apps, then func(Apps) http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if a := apps(); a != nil {
			then(a)(w, r)
			return
		}
		fail(w, http.StatusServiceUnavailable, "the node is starting: it does not know the apps yet")
	}
}

func (o *Options) listApps(apps Apps) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		list := AppList{Apps: []App{}, Retention: o.Retention.Milliseconds(), RetentionStrangers: o.RetentionStrangers.Milliseconds()}
		for _, a := range apps.List() {
			list.Apps = append(list.Apps, appOf(a))
		}
		answer(w, http.StatusOK, list)
	}
}

func createApp(apps Apps) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), createTimeout)
		defer cancel()
		a, err := apps.Create(ctx)
		if err != nil {
			fail(w, statusOf(err), err.Error())
			return
		}
		answer(w, http.StatusCreated, appOf(a))
	}
}

func changeApp(apps Apps) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		retention, err := wantedRetention(r)
		if err != nil {
			fail(w, statusOf(err), userText(err))
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), createTimeout)
		defer cancel()
		changed, err := apps.SetRetention(ctx, im.AppID(r.PathValue("id")), retention)
		if err != nil {
			fail(w, statusOf(err), userText(err))
			return
		}
		answer(w, http.StatusOK, appOf(changed))
	}
}

func wantedRetention(r *http.Request) (time.Duration, error) {
	const op = "admin.apps"
	var req AppChange
	switch err := decode(r, &req); {
	case err != nil:
		return 0, err
	case req.Retention == nil:
		return 0, im.E(op, im.Invalid, "there is nothing to change: name a retention")
	case *req.Retention < 0 || *req.Retention > maxRetention:
		return 0, im.E(op, im.Invalid, "a retention is from 0 to 100 years, in milliseconds")
	}
	return time.Duration(*req.Retention) * time.Millisecond, nil
}

// maxRetention is a hundred years, in milliseconds, which a time.Duration can hold.
const maxRetention = 100 * 365 * 24 * 60 * 60 * 1000

// createTimeout outlasts an election.
const createTimeout = 10 * time.Second

func statusOf(err error) int {
	switch im.KindOf(err) { //nolint:exhaustive // no other kind comes from there
	case im.Unavailable, im.Overloaded:
		return http.StatusServiceUnavailable
	case im.Invalid:
		return http.StatusBadRequest
	case im.NotFound:
		return http.StatusNotFound
	case im.Conflict, im.Full:
		return http.StatusConflict
	}
	return http.StatusInternalServerError
}

func fail(w http.ResponseWriter, status int, text string) { answer(w, status, Problem{Error: text}) }

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store") // keys
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) //nolint:errcheck // the asker is gone
}
