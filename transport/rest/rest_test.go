package rest_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/rest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newHandler(w *world) *rest.Handler {
	return rest.New(rest.Options{Commands: w, History: w, Search: w, Keys: w, Logger: slog.New(slog.DiscardHandler)})
}

// ask sends one request, signed unless header says otherwise.
func ask(h http.Handler, method, target, body string, header map[string]string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("X-ML-AppId", string(testApp))
	r.Header.Set("X-ML-Request-Sign", "good-sign")
	for k, v := range header {
		r.Header.Del(k)
		if v != "" {
			r.Header.Set(k, v)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// friends is a world in which tom asked jerry, and then anna asked tom.
func friends(t *testing.T) *world {
	t.Helper()
	w := newWorld()
	for _, pair := range [][2]im.UserID{{"tom", "jerry"}, {"anna", "tom"}} {
		if _, err := w.Befriend(t.Context(), testApp, pair[0], pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	w.sessions["jerry"], w.sessions["tom"] = 2, 1
	w.say(t, 1, 2000, "tom", "jerry", text(`"hi"`))
	w.say(t, 2, 2001, "jerry", "tom", &pb.Said{
		Content: &pb.Content{Media: 1, Body: []byte(`["a","b"]`)}, Remark: "look", ClientId: "m-1",
	})
	return w
}

const (
	tomJerry = "1e852a2f11d8f856"
	notFound = `{"errorCode":5004,`
	illegal  = `{"errorCode":5001,`
	denied   = `{"errorCode":5003,`
	record1  = `{"speaker":"tom","content":{"media":0,"body":"hi"},"ts":2000,"n":1}`
	record2  = `{"speaker":"jerry","content":{"media":1,"body":["a","b"]},"ts":2001,"remark":"look","n":2,"id":"m-1"}`
)

// request is one request and what must come back.
type request struct {
	name, method, target, body string
	header                     map[string]string
	status                     int
	want                       string // the whole body, or its beginning where it ends in a comma
}

// check sends each request to a world of its own.
func check(t *testing.T, build func(*testing.T) *world, tests []request) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := ask(newHandler(build(t)), tt.method, tt.target, tt.body, tt.header)
			body := got.Body.String()
			if got.Code != tt.status || !matches(body, tt.want) {
				t.Errorf("%s %s: %d %s\nwant %d %s", tt.method, tt.target, got.Code, body, tt.status, tt.want)
			}
			checkHeaders(t, got)
		})
	}
}

// Who reconnects has no session for a moment, and is online all the same, as for friends, who hear nothing of it.
//
// Checked by breaking it: it fails when online counts sessions.
func TestOnline_WhoReconnectsIs(t *testing.T) {
	t.Parallel()
	check(t, func(t *testing.T) *world {
		w := friends(t)
		w.reconnecting = map[im.UserID]bool{"anna": true}
		return w
	}, []request{
		{name: "friends in detail", method: "GET", target: "/ctx/tom/friends?detail", status: 200, want: `[{"id":"anna","online":true},`},
		{name: "sessions", method: "GET", target: "/ctx/anna", status: 200, want: `{"id":"anna","sessions":0,`},
	})
}

// Users and friendships: protocol sections 6.1, 6.2 and 6.5.
func TestRequests(t *testing.T) {
	t.Parallel()
	check(t, friends, []request{
		{
			name: "user", method: "GET", target: "/ctx/tom", status: 200,
			want: `{"id":"tom","sessions":1,"installs":[],"friends":["anna","jerry"],"groups":[],"rooms":[],"attributes":{},"ts":5000}`,
		},
		{
			name: "user by post", method: "POST", target: "/ctx/jerry", status: 200,
			want: `{"id":"jerry","sessions":2,"installs":[],"friends":["tom"],"groups":[],"rooms":[],"attributes":{},"ts":5000}`,
		},
		{name: "unknown user", method: "GET", target: "/ctx/nobody", status: 404, want: notFound},
		{name: "unknown user by post", method: "POST", target: "/ctx/nobody", status: 404, want: notFound},
		{name: "illegal id", method: "GET", target: "/ctx/a.b", status: 400, want: illegal},
		{name: "empty id", method: "GET", target: "/ctx//friends", status: 400, want: illegal},
		{name: "id with escaped slash", method: "GET", target: "/ctx/a%2Fb", status: 400, want: illegal},
		{name: "long id", method: "GET", target: "/ctx/" + strings.Repeat("x", 129), status: 400, want: illegal},
		{name: "escaped id", method: "GET", target: "/ctx/%74om/friends", status: 200, want: `["anna","jerry"]`},
		{name: "trailing slash", method: "GET", target: "/ctx/tom/friends/", status: 200, want: `["anna","jerry"]`},
		{name: "friends", method: "GET", target: "/ctx/tom/friends", status: 200, want: `["anna","jerry"]`},
		{name: "friends of nobody", method: "GET", target: "/ctx/nobody/friends", status: 404, want: notFound},
		{
			name: "friends in detail", method: "GET", target: "/ctx/tom/friends?detail", status: 200,
			want: `[{"id":"anna","online":false},{"id":"jerry","online":true,"recent":` + record2 + `}]`,
		},
		{name: "detail with a value", method: "GET", target: "/ctx/anna/friends?detail=1", status: 200, want: `[{"id":"tom","online":true}]`},
		{
			name: "befriend again, other way round", method: "POST", target: "/ctx/jerry/friends/tom", status: 200,
			want: `{"id":"` + tomJerry + `","from":"tom","to":"jerry","ns":"demo","ts":1000}`,
		},
		{name: "befriend oneself", method: "POST", target: "/ctx/tom/friends/tom", status: 400, want: illegal},
		{name: "befriend illegal id", method: "POST", target: "/ctx/tom/friends/a:b", status: 400, want: illegal},
		{
			name: "befriend with a body", method: "POST", target: "/ctx/tom/friends/jerry", body: "{}",
			header: map[string]string{"Content-Type": "application/json;charset=utf-8"}, status: 200, want: `{"id":"` + tomJerry + `",`,
		},
		{
			name: "friendship", method: "GET", target: "/ctx/tom/friends/jerry", status: 200,
			want: `{"id":"` + tomJerry + `","from":"tom","to":"jerry","online":true,"ts":1000}`,
		},
		{name: "no friendship", method: "GET", target: "/ctx/anna/friends/jerry", status: 404, want: notFound},
		{name: "unfriend", method: "DELETE", target: "/ctx/jerry/friends/tom", status: 204},
		{name: "unfriend unknown ids", method: "DELETE", target: "/ctx/x/friends/y", status: 204},
		{name: "unfriend with a body", method: "DELETE", target: "/ctx/x/friends/y", body: "{}", status: 204},
		{name: "history", method: "GET", target: "/ctx/tom/friends/jerry/chats", status: 200, want: "[" + record1 + "," + record2 + "]"},
		{name: "history, other side", method: "GET", target: "/ctx/jerry/friends/tom/chats/", status: 200, want: "[" + record1 + "," + record2 + "]"},
		{name: "history with nobody", method: "GET", target: "/ctx/tom/friends/nobody/chats", status: 200, want: "[]"},
		{name: "history with oneself", method: "GET", target: "/ctx/tom/friends/tom/chats", status: 200, want: "[]"},
		{name: "history with an illegal id", method: "GET", target: "/ctx/tom/friends/a.b/chats", status: 400, want: illegal},

		{name: "root", method: "GET", target: "/", status: 404, want: notFound},
		{name: "unknown route", method: "GET", target: "/rooms/r/chats", status: 404, want: notFound},
		{name: "double trailing slash", method: "GET", target: "/ctx/tom//", status: 404, want: notFound},
		{name: "dots are no path", method: "GET", target: "/ctx/../ctx/tom", status: 404, want: notFound},
		{name: "wrong method", method: "PUT", target: "/ctx/tom/friends", status: 405, want: `{"errorCode":5009,`},
		{name: "long path", method: "GET", target: "/ctx/" + strings.Repeat("x", 5000), status: 400, want: `{"errorCode":5010,`},
		{name: "long body", method: "POST", target: "/ctx/tom/friends/jerry", body: strings.Repeat("x", 1<<20+1), status: 400, want: `{"errorCode":5010,`},

		{name: "no proof", method: "GET", target: "/ctx/tom", header: map[string]string{"X-ML-Request-Sign": ""}, status: 401, want: denied},
		{name: "wrong sign", method: "GET", target: "/ctx/tom", header: map[string]string{"X-ML-Request-Sign": "bad"}, status: 401, want: denied},
		{name: "no app", method: "GET", target: "/ctx/tom", header: map[string]string{"X-ML-AppId": ""}, status: 401, want: denied},
		{name: "other app", method: "GET", target: "/ctx/tom", header: map[string]string{"X-ML-AppId": "other"}, status: 401, want: denied},
		{name: "bare key", method: "GET", target: "/ctx/anna/friends", header: map[string]string{"X-ML-Request-Sign": "", "x-ml-apikey": "key"}, status: 200, want: `["tom"]`},
		{name: "bare master key", method: "GET", target: "/ctx/anna/friends", header: map[string]string{"X-ML-Request-Sign": "", "X-ML-MasterKey": "key"}, status: 200, want: `["tom"]`},
		{name: "wrong key", method: "GET", target: "/ctx/anna/friends", header: map[string]string{"X-ML-Request-Sign": "", "X-ML-APIKey": "Key"}, status: 401, want: denied},
		{name: "sign as key", method: "GET", target: "/ctx/anna/friends", header: map[string]string{"X-ML-Request-Sign": "", "X-ML-APIKey": "good-sign"}, status: 401, want: denied},
	})
}

func matches(body, want string) bool {
	if strings.HasSuffix(want, ",") {
		return strings.HasPrefix(body, want)
	}
	return body == want
}

// checkHeaders holds for every answer: readable from any origin, JSON or empty, errors complete.
func checkHeaders(t *testing.T, got *httptest.ResponseRecorder) {
	t.Helper()
	h := got.Header()
	if h.Get("Access-Control-Allow-Origin") != "*" {
		t.Error("no Access-Control-Allow-Origin")
	}
	if got.Body.Len() > 0 && h.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("content type %q", h.Get("Content-Type"))
	}
	if got.Code >= 400 && !strings.Contains(got.Body.String(), `"errorMessage":"`) {
		t.Errorf("error body %s", got.Body)
	}
	if got.Code == http.StatusMethodNotAllowed && h.Get("Allow") == "" {
		t.Error("no Allow")
	}
	if got.Code >= 300 && got.Code < 400 {
		t.Error("redirected")
	}
}

func TestHistory_TimeAndLimit(t *testing.T) {
	t.Parallel()
	const base = 1_479_000_000_000
	w := newWorld()
	for n := range 150 {
		w.say(t, uint64(n+1), im.Millis(base+n), "tom", "jerry", text(fmt.Sprint(n+1)))
	}
	h := newHandler(w)
	tests := []struct {
		query       string
		first, last int
	}{
		{"", 131, 150},
		{"?limit=3", 148, 150},
		{"?limit=100", 51, 150},
		{"?limit=1000", 51, 150},
		{"?limit=0", 131, 150},
		{"?limit=-1", 131, 150},
		{"?limit=x", 131, 150},
		{"?limit=NaN", 131, 150},
		{"?limit=2.5", 149, 150},
		{"?ts=1479000000010&limit=2", 9, 10},
		{"?ts=1479000000010.0002&limit=2", 9, 10},
		{"?ts=1479000000.010&limit=2", 9, 10}, // seconds
		{"?ts=1479000001&limit=2", 149, 150},  // seconds, after all
		{"?ts=0&limit=2", 149, 150},
		{"?ts=-5&limit=2", 149, 150},
		{"?ts=soon&limit=2", 149, 150},
		{"?ts=NaN&limit=2", 149, 150},
		{"?ts=Inf&limit=2", 149, 150},
		{"?ts=1e300&limit=2", 149, 150},
		{"?ts=&limit=2", 149, 150},
	}
	for _, tt := range tests {
		body := ask(h, "GET", "/ctx/jerry/friends/tom/chats"+tt.query, "", nil).Body.String()
		first, last := fmt.Sprintf(`[{"speaker":"tom","content":{"media":0,"body":%d}`, tt.first), fmt.Sprintf(`"n":%d}]`, tt.last)
		if !strings.HasPrefix(body, first) || !strings.HasSuffix(body, last) {
			t.Errorf("%q: %.80s ... want %d to %d", tt.query, body, tt.first, tt.last)
		}
	}
	if body := ask(h, "GET", "/ctx/jerry/friends/tom/chats?ts=1479000000000", "", nil).Body.String(); body != "[]" {
		t.Errorf("before the first: %s, want none", body)
	}
}

func TestPreflight_NeedsNoKeyAndNamesEveryHeader(t *testing.T) {
	t.Parallel()
	h := newHandler(newWorld())
	for _, target := range []string{"/ctx/tom", "/ctx/tom/friends/jerry/", "/whatever"} {
		r := httptest.NewRequest(http.MethodOptions, target, nil)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		got := w.Header()
		if w.Code != http.StatusNoContent || got.Get("Access-Control-Allow-Origin") != "*" || got.Get("Access-Control-Max-Age") == "" {
			t.Errorf("%s: %d %v", target, w.Code, got)
		}
		for _, name := range []string{"Content-Type", "X-ML-AppId", "X-ML-Request-Sign", "X-ML-APIKey", "X-ML-MasterKey", "X-ML-Session-Token", "X-Parrot-Version"} {
			if !strings.Contains(got.Get("Access-Control-Allow-Headers"), name) {
				t.Errorf("%s: %s is not allowed", target, name)
			}
		}
		for _, method := range []string{"GET", "POST", "PUT", "DELETE", "OPTIONS"} {
			if !strings.Contains(got.Get("Access-Control-Allow-Methods"), method) {
				t.Errorf("%s: %s is not allowed", target, method)
			}
		}
	}
	r := httptest.NewRequest(http.MethodOptions, "/ctx/tom", nil)
	r.Header.Set("Access-Control-Request-Headers", "x-new-header")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if got := w.Header().Get("Access-Control-Allow-Headers"); got != "x-new-header" {
		t.Errorf("allowed %q, want what was asked for", got)
	}
}

func TestFailures_KeepTheirCodes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err    error
		status int
		code   string
		retry  string
	}{
		{im.E("x", im.Unavailable, ""), 503, "5013", ""},
		{im.E("x", im.Overloaded, ""), 503, "5014", "1"},
		{im.E("x", im.Internal, ""), 500, "5002", ""},
		{io.ErrUnexpectedEOF, 500, "5002", ""},
		{&im.Error{Kind: im.Unavailable, Text: "try later", Err: io.EOF}, 503, "5013", ""},
	}
	for _, tt := range tests {
		w := friends(t)
		w.failing = tt.err
		for _, target := range []string{"/ctx/tom", "/ctx/tom/friends/jerry"} {
			got := ask(newHandler(w), "GET", target, "", nil)
			if got.Code != tt.status || !strings.HasPrefix(got.Body.String(), `{"errorCode":`+tt.code) || got.Header().Get("Retry-After") != tt.retry {
				t.Errorf("%v: %d %s, want %d %s", tt.err, got.Code, got.Body, tt.status, tt.code)
			}
			if strings.Contains(got.Body.String(), "EOF") {
				t.Errorf("%v: the cause left the server: %s", tt.err, got.Body)
			}
		}
	}
}

func TestDetail_BoundsItsReads(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for i := range 200 {
		f := im.UserID(fmt.Sprintf("friend%03d", i))
		if _, err := w.Befriend(t.Context(), testApp, "tom", f); err != nil {
			t.Fatal(err)
		}
		w.say(t, 1, 1, "tom", f, text(fmt.Sprint(i)))
	}
	got := ask(newHandler(w), "GET", "/ctx/tom/friends?detail", "", nil).Body.String()
	if n := strings.Count(got, `"recent":{"speaker":"tom"`); n != 200 {
		t.Errorf("%d recent records, want 200", n)
	}
	if !strings.Contains(got, `{"id":"friend123","online":false,"recent":{"speaker":"tom","content":{"media":0,"body":123}`) {
		t.Error("recent records are at the wrong friends")
	}
	if w.most > 16 {
		t.Errorf("%d reads at once, want at most 16", w.most)
	}
}

func TestHead_IsGetWithoutABody(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(newHandler(friends(t)))
	defer s.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, s.URL+"/ctx/tom", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-ML-AppId", string(testApp))
	r.Header.Set("X-ML-APIKey", "key")
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close() //nolint:errcheck // empty
	if resp.StatusCode != 200 || resp.ContentLength <= 0 {
		t.Errorf("HEAD: %d, length %d", resp.StatusCode, resp.ContentLength)
	}
}
