package rest_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/rest"
)

var fuzzMethods = []string{"GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "get", ""}

// Whatever a caller with a key asks for, it gets a status of section 6.1 that is never the server's own failure; a body is
// JSON, that of an error has both fields; and nothing malformed reaches the actors.
func FuzzHandler(f *testing.F) {
	for _, target := range []string{
		"/ctx/tom", "/ctx/tom/friends?detail", "/ctx/tom/friends/jerry", "/ctx/tom/friends/jerry/chats?ts=2001&limit=1", "/ctx/a%2Fb", "/ctx/tom/installs/i1",
		"/groups", "/rooms/", "/groups/g1?x", "/rooms/r1/members", "/groups/g1/members/anna",
		"/ctx", "/groups?_skip=1&_limit=2&_sort=-ts,name&level=3", "/rooms?_limit=NaN&_sort=,-&=", "/ctx/tom/attributes", "/groups/g1/attributes/name",
		"/ctx/tom/strangers?detail&ids=a,b&skip=1", "/ctx/tom/strangers/eve/chats", "/passengers/", "/passengers/p1/chats/tom", "/system", "/system/tom",
		"/system/g1?group", "/system/r1?room&group",
		"/rooms/r1/members/a.b", "/ctx/tom/friends/a.b", "/groups/g1/chats?ts=NaN", "/rooms/r1/chats", "/ctx/tom/groups?detail=",
		"/%zz", "//", "/ctx/%00/rooms", "/groups/%2e%2e/members", "/" + strings.Repeat("x", 5000),
	} {
		for i, body := range []string{``, `{"owner":"tom","members":["a",["b"]],"name":"x"}`, `{"members":["a b"]}`, `nope`, `{"id":"p1","content":{"body":1},"a":null}`} {
			f.Add(uint8(i), target, []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, method uint8, target string, body []byte) {
		u, err := url.ParseRequestURI(target)
		if err != nil || !strings.HasPrefix(target, "/") {
			return // net/http refuses it
		}
		r := httptest.NewRequest(http.MethodGet, "/", strings.NewReader(string(body)))
		r.URL, r.Method = u, fuzzMethods[int(method)%len(fuzzMethods)]
		r.Header.Set("X-ML-AppId", string(testApp))
		r.Header.Set("X-ML-APIKey", "key")
		w := httptest.NewRecorder()
		g := &guard{world: gathered(t), t: t}
		rest.New(rest.Options{Commands: g, History: g, Search: g, Keys: g, Logger: slog.New(slog.DiscardHandler)}).ServeHTTP(w, r)
		checkAnswer(t, w)
	})
}

func checkAnswer(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	body := w.Body.Bytes()
	var problem struct {
		ErrorCode    int
		ErrorMessage *string
	}
	switch {
	case !slices.Contains([]int{200, 201, 202, 204, 400, 401, 404, 405}, w.Code):
		t.Errorf("status %d, %s", w.Code, body)
	case len(body) > 0 && !json.Valid(body):
		t.Errorf("%q is no JSON", body)
	case w.Code >= 400 && (json.Unmarshal(body, &problem) != nil || problem.ErrorCode < 5001 || problem.ErrorMessage == nil):
		t.Errorf("status %d, %s", w.Code, body)
	case w.Code == 204 && len(body) > 0:
		t.Errorf("a deletion was answered with %s", body)
	}
}

// guard is a world that takes nothing malformed.
type guard struct {
	*world
	t *testing.T
}

func (g *guard) users(ids ...im.UserID) {
	for _, u := range ids {
		if !u.Valid() {
			g.t.Errorf("user %q came through", u)
		}
	}
}

func (g *guard) at(a im.Address) {
	if !a.Valid() || a.App != testApp {
		g.t.Errorf("address %v came through", a)
	}
}

func (g *guard) Profile(ctx context.Context, app im.AppID, user im.UserID) (dispatch.Profile, error) {
	g.users(user)
	return g.world.Profile(ctx, app, user)
}

func (g *guard) Logout(ctx context.Context, app im.AppID, user im.UserID, install im.InstallID) error {
	g.users(user, im.UserID(install))
	return g.world.Logout(ctx, app, user, install)
}

func (g *guard) Befriend(ctx context.Context, app im.AppID, from, to im.UserID) (dispatch.Friendship, error) {
	g.users(from, to)
	return g.world.Befriend(ctx, app, from, to)
}

func (g *guard) Unfriend(ctx context.Context, app im.AppID, by, other im.UserID) error {
	g.users(by, other)
	return g.world.Unfriend(ctx, app, by, other)
}

func (g *guard) Friendship(ctx context.Context, app im.AppID, a, b im.UserID) (dispatch.Friendship, error) {
	g.users(a, b)
	return g.world.Friendship(ctx, app, a, b)
}

func (g *guard) CreateGroup(ctx context.Context, app im.AppID, n dispatch.NewGathering) (im.GroupID, error) {
	g.users(n.Members...)
	return g.world.CreateGroup(ctx, app, n)
}

func (g *guard) CreateRoom(ctx context.Context, app im.AppID, n dispatch.NewGathering) (im.RoomID, error) {
	g.users(n.Members...)
	return g.world.CreateRoom(ctx, app, n)
}

func (g *guard) Describe(ctx context.Context, at im.Address) (dispatch.Gathering, error) {
	g.at(at)
	return g.world.Describe(ctx, at)
}

func (g *guard) Outline(ctx context.Context, at im.Address) (dispatch.Gathering, error) {
	g.at(at)
	return g.world.Outline(ctx, at)
}

func (g *guard) Members(ctx context.Context, at im.Address, after uint64, limit int) (dispatch.MemberPage, error) {
	g.at(at)
	if limit < 1 || limit > 1000 {
		g.t.Errorf("a page of %d members", limit)
	}
	return g.world.Members(ctx, at, after, limit)
}

func (g *guard) Change(ctx context.Context, at im.Address, c dispatch.Change) error {
	g.at(at)
	g.users(c.Members...)
	return g.world.Change(ctx, at, c)
}

func (g *guard) AddMembers(ctx context.Context, at im.Address, members []im.UserID) error {
	g.at(at)
	g.users(members...)
	return g.world.AddMembers(ctx, at, members)
}

func (g *guard) RemoveMembers(ctx context.Context, at im.Address, members []im.UserID) error {
	g.at(at)
	g.users(members...)
	return g.world.RemoveMembers(ctx, at, members)
}

func (g *guard) Delete(ctx context.Context, at im.Address) error {
	g.at(at)
	return g.world.Delete(ctx, at)
}

func (g *guard) History(ctx context.Context, at im.Address, before im.Before, limit int) ([]im.Entry, error) {
	g.at(at)
	if limit < 1 || limit > 100 || before.TS < 0 {
		g.t.Errorf("a page of %d before %+v was asked for", limit, before)
	}
	return g.world.History(ctx, at, before, limit)
}

func (g *guard) Welcome(ctx context.Context, app im.AppID, p im.PassengerID, set []dispatch.Attribute) (im.PassengerID, error) {
	if p != "" && !p.Valid() {
		g.t.Errorf("passenger %q came through", p)
	}
	return g.world.Welcome(ctx, app, p, set)
}

func (g *guard) Passenger(ctx context.Context, app im.AppID, p im.PassengerID) (dispatch.Passenger, error) {
	g.at(im.Passenger(app, p))
	return g.world.Passenger(ctx, app, p)
}

func (g *guard) SetAttributes(ctx context.Context, at im.Address, c dispatch.AttributeChange) error {
	g.at(at)
	for _, a := range c.Set {
		if !json.Valid(a.Value) {
			g.t.Errorf("the attribute value %q came through", a.Value)
		}
	}
	return g.world.SetAttributes(ctx, at, c)
}

func (g *guard) ClearHistory(ctx context.Context, at im.Address) error {
	g.at(at)
	return g.world.ClearHistory(ctx, at)
}

func (g *guard) System(ctx context.Context, to im.Address, s dispatch.SystemMessage) error {
	g.at(to)
	g.message(s)
	return g.world.System(ctx, to, s)
}

func (g *guard) SystemToAll(ctx context.Context, app im.AppID, s dispatch.SystemMessage) error {
	g.message(s)
	return g.world.SystemToAll(ctx, app, s)
}

func (g *guard) message(s dispatch.SystemMessage) {
	if !json.Valid(s.Body) || len(s.Push) > 0 && !json.Valid(s.Push) {
		g.t.Errorf("the message %q, push %q, came through", s.Body, s.Push)
	}
}

func (g *guard) Search(ctx context.Context, q im.Query) ([]im.Found, error) {
	if q.App != testApp || q.Skip < 0 || q.Limit < 1 || q.Limit > 100 {
		g.t.Errorf("the query %+v came through", q)
	}
	return g.world.Search(ctx, q)
}
