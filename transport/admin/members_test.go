package admin_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/admin"
)

// fakeMembers notes what is asked for, and answers with err.
type fakeMembers struct {
	asked string
	err   error
}

func (f *fakeMembers) note(format string, args ...any) error {
	f.asked = fmt.Sprintf(format, args...)
	return f.err
}

func (f *fakeMembers) Add(_ context.Context, name string) error { return f.note("add %s", name) }

func (f *fakeMembers) Replace(_ context.Context, name string) error {
	return f.note("replace %s", name)
}

func (f *fakeMembers) Remove(_ context.Context, name string) error { return f.note("remove %s", name) }

func (f *fakeMembers) Drain(_ context.Context, name string, on bool) error {
	return f.note("drain %s %v", name, on)
}

func (f *fakeMembers) Transfer(_ context.Context, shard uint32, to string) error {
	return f.note("transfer %d %s", shard, to)
}

func send(m admin.Members, method, path, body string, caller func(*http.Request)) *httptest.ResponseRecorder {
	h := admin.New(admin.Options{
		Apps: func() admin.Apps { return nil }, Cluster: demoCluster, Members: m, Health: &admin.Health{}, Metrics: http.NotFoundHandler(), Token: "secret",
	})
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	caller(r)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Each route asks for its change, once, and only for those who hold the token; what is malformed asks for nothing.
func TestMembers_RoutesAskForTheirChange(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method, path, body string
		status             int
		asked              string
	}{
		{"POST", "/v1/cluster/nodes", `{"name":"node4"}`, 202, "add node4"},
		{"POST", "/v1/cluster/nodes", `node4`, 400, ""},
		{"POST", "/v1/cluster/nodes", `{"name":"` + strings.Repeat("x", 5000) + `"}`, 400, ""},
		{"DELETE", "/v1/cluster/nodes/node4", "", 202, "remove node4"},
		{"POST", "/v1/cluster/nodes/node4/replace", "", 202, "replace node4"},
		{"POST", "/v1/cluster/nodes/node4/drain", "", 202, "drain node4 true"},
		{"POST", "/v1/cluster/nodes/node4/undrain", "", 202, "drain node4 false"},
		{"POST", "/v1/cluster/shards/3/transfer", `{"to":"node2"}`, 202, "transfer 3 node2"},
		{"POST", "/v1/cluster/shards/x/transfer", `{"to":"node2"}`, 400, ""},
		{"POST", "/v1/cluster/shards/3/transfer", "", 400, ""},
		{"GET", "/v1/cluster/nodes/node4", "", 405, ""},
	} {
		m := &fakeMembers{}
		got := send(m, tt.method, tt.path, tt.body, bearer)
		if got.Code != tt.status || m.asked != tt.asked {
			t.Errorf("%s %s %.80s: %d %s, asked for %q; want %d, %q", tt.method, tt.path, tt.body, got.Code, got.Body, m.asked, tt.status, tt.asked)
		}
		if got := send(m, tt.method, tt.path, tt.body, nobody); got.Code != http.StatusUnauthorized {
			t.Errorf("%s %s without a token: %d", tt.method, tt.path, got.Code)
		}
	}
}

// A refusal is told in its own words, and its kind by the status.
func TestMembers_SayWhyNot(t *testing.T) {
	t.Parallel()
	for kind, status := range map[im.ErrorKind]int{
		im.Invalid: 400, im.NotFound: 404, im.Conflict: 409, im.Full: 409, im.Unavailable: 503, im.Overloaded: 503, im.Internal: 500,
	} {
		got := send(&fakeMembers{err: im.E("x", kind, "because")}, "DELETE", "/v1/cluster/nodes/node4", "", bearer)
		if got.Code != status || got.Body.String() != `{"error":"because"}`+"\n" {
			t.Errorf("%v: %d %s, want %d and the text", kind, got.Code, got.Body, status)
		}
	}
}

// While the apps are not loaded their routes ask for patience, and the cluster can be looked at.
func TestApps_AreUnavailableUntilTheyAreLoaded(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"GET", "POST"} {
		if got := send(nil, method, "/v1/apps", "", bearer); got.Code != http.StatusServiceUnavailable || !strings.Contains(got.Body.String(), "starting") {
			t.Errorf("%s: %d %s, want 503", method, got.Code, got.Body)
		}
	}
	if got := send(nil, "GET", "/v1/cluster", "", bearer); got.Code != http.StatusOK {
		t.Errorf("the cluster: %d %s", got.Code, got.Body)
	}
}
