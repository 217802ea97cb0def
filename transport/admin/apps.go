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
}

// AppList is the answer of GET /v1/apps.
type AppList struct {
	Apps []App `json:"apps"`
}

// Problem is the answer of the API to whatever it does not do.
type Problem struct {
	Error string `json:"error"`
}

func appOf(a auth.App) App {
	return App{ID: string(a.ID), ClientKey: a.ClientKey, MasterKey: a.MasterKey, Created: int64(a.Created)}
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

func listApps(apps Apps) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		list := AppList{Apps: []App{}}
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
