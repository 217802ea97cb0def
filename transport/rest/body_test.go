package rest_test

import (
	"errors"
	"io"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/parley-im/parley/im"
)

// Section 6.1: a body is a JSON object or nothing, whatever its content type; unknown fields are ignored.
func TestBodies(t *testing.T) {
	t.Parallel()
	typed := map[string]string{"Content-Type": "application/json;charset=utf-8"}
	check(t, gathered, []request{
		{name: "nothing", method: "PUT", target: "/groups/g1", header: typed, status: 201},
		{name: "blanks", method: "PUT", target: "/groups/g1", body: " \r\n\t", status: 201},
		{name: "empty object", method: "PUT", target: "/groups/g1", body: " {} \n", header: typed, status: 201},
		{name: "another content type", method: "PUT", target: "/groups/g1", body: `{"name":"x"}`, header: map[string]string{"Content-Type": "text/plain"}, status: 201},
		{name: "unknown fields", method: "PUT", target: "/groups/g1", body: `{"Name":1,"Attributes":7,"x":{"members":1}}`, status: 201},
		{name: "null fields", method: "PUT", target: "/groups/g1", body: `{"name":null,"owner":null,"members":null}`, status: 201},

		{name: "null", method: "PUT", target: "/groups/g1", body: `null`, status: 400, want: illegal},
		{name: "array", method: "PUT", target: "/groups/g1", body: `["tom"]`, status: 400, want: illegal},
		{name: "string", method: "PUT", target: "/groups/g1", body: `"{}"`, status: 400, want: illegal},
		{name: "no json", method: "PUT", target: "/rooms/r1", body: `name=x`, status: 400, want: illegal},
		{name: "broken off", method: "PUT", target: "/rooms/r1", body: `{"name":"x"`, status: 400, want: illegal},
		{name: "broken unknown field", method: "PUT", target: "/rooms/r1", body: `{"x":[1 2]}`, status: 400, want: illegal},
		{name: "trailing garbage", method: "PUT", target: "/rooms/r1", body: `{"name":"x"} {}`, status: 400, want: illegal},
		{name: "not UTF-8", method: "PUT", target: "/rooms/r1", body: "{\"name\":\"\xff\"}", status: 400, want: illegal},
		{name: "nested too deep", method: "POST", target: "/rooms/r1/members", body: `{"members":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "}", status: 400, want: illegal},
		{name: "too long", method: "PUT", target: "/rooms/r1", body: `{"name":"` + strings.Repeat("x", 1<<20) + `"}`, status: 400, want: long},
		{name: "too long for a read", method: "POST", target: "/rooms/r1", body: strings.Repeat(" ", 1<<20+1), status: 400, want: long},

		{name: "name is a number", method: "PUT", target: "/groups/g1", body: `{"name":7}`, status: 400, want: illegal},
		{name: "name is an object", method: "POST", target: "/rooms", body: `{"name":{}}`, status: 400, want: illegal},
		{name: "name is false", method: "POST", target: "/groups", body: `{"owner":"tom","name":false}`, status: 400, want: illegal},
		{name: "owner is a number", method: "POST", target: "/groups", body: `{"owner":7}`, status: 400, want: illegal},
		{name: "owner is empty", method: "PUT", target: "/groups/g1", body: `{"owner":""}`, status: 400, want: illegal},
		{name: "owner is malformed", method: "PUT", target: "/groups/g1", body: `{"owner":"a.b"}`, status: 400, want: illegal},
		{name: "members is a string", method: "POST", target: "/groups/g1/members", body: `{"members":"jerry"}`, status: 400, want: illegal},
		{name: "members is an object", method: "DELETE", target: "/rooms/r1/members", body: `{"members":{}}`, status: 400, want: illegal},
		{name: "members holds a number", method: "POST", target: "/rooms", body: `{"members":["a",["b",7]]}`, status: 400, want: illegal},
		{name: "members holds an object", method: "PUT", target: "/rooms/r1", body: `{"members":[{"id":"a"}]}`, status: 400, want: illegal},
		{name: "members holds a malformed id", method: "POST", target: "/rooms/r1/members", body: `{"members":["a","b c"]}`, status: 400, want: illegal},
		{name: "what is not read", method: "POST", target: "/rooms/r1/members/anna", body: `no json`, status: 201, want: "{}"},
	})
}

// Section 6.1: lists are flattened, and what is empty or doubled is dropped, as SDK v4 needs.
func TestMembers_AreFlattened(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]im.UserID{
		`{"members":["a",["b"]]}`:                          {"a", "b"},
		`{"members":["a",[]]}`:                             {"a"},
		`{"members":[["b",["a","b"]],"","a",null,[[""]]]}`: {"b", "a"},
		`{"members":[]}`:                                   {},
		`{}`:                                               {},
	} {
		for _, r := range []struct{ method, target string }{
			{"POST", "/rooms"},
			{"PUT", "/rooms/nobody"},
			{"POST", "/rooms/nobody/members"},
			{"DELETE", "/rooms/nobody/members"},
		} {
			w := gathered(t)
			if got := ask(newHandler(w), r.method, r.target, body, nil); got.Code >= 300 || !slices.Equal(w.named, want) {
				t.Errorf("%s %s %s: %d, named %q, want %q", r.method, r.target, body, got.Code, w.named, want)
			}
		}
	}
}

func TestBody_ThatBreaksOffIsIllegal(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("PUT", "/groups/g1", io.MultiReader(strings.NewReader(`{}`), iotest.ErrReader(errors.New("gone"))))
	r.Header.Set("X-ML-AppId", string(testApp))
	r.Header.Set("X-ML-Request-Sign", "good-sign")
	w := httptest.NewRecorder()
	newHandler(gathered(t)).ServeHTTP(w, r)
	if w.Code != 400 || !matches(w.Body.String(), illegal) || strings.Contains(w.Body.String(), "gone") {
		t.Errorf("%d %s, want %s", w.Code, w.Body, illegal)
	}
}

// A body that is announced to be too long is refused before any of it comes.
func TestBody_AnnouncedTooLongIsNotRead(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("PUT", "/groups/g1", iotest.ErrReader(errors.New("was read")))
	r.ContentLength = 1<<20 + 1
	r.Header.Set("X-ML-AppId", string(testApp))
	r.Header.Set("X-ML-Request-Sign", "good-sign")
	w := httptest.NewRecorder()
	newHandler(gathered(t)).ServeHTTP(w, r)
	if w.Code != 400 || !matches(w.Body.String(), long) {
		t.Errorf("%d %s, want %s", w.Code, w.Body, long)
	}
}

// A body of very many empty arrays costs a few times its length, whichever field holds them: into values of any type it
// would be decoded to 134 MiB.
func TestBody_OfEmptyArraysIsCheap(t *testing.T) {
	const most = 16 << 20
	arrays := "[" + strings.Repeat("[],", 1<<20/3-20) + "[]]"
	for _, field := range []string{"members", "name", "owner", "else"} {
		r := httptest.NewRequest("PUT", "/groups/g1", strings.NewReader(`{"`+field+`":`+arrays+`}`))
		r.Header.Set("X-ML-AppId", string(testApp))
		r.Header.Set("X-ML-Request-Sign", "good-sign")
		h, w := newHandler(gathered(t)), httptest.NewRecorder()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		h.ServeHTTP(w, r)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > most || w.Code == 500 {
			t.Errorf("%s: %d, %d bytes allocated", field, w.Code, used)
		}
	}
}
