package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/auth"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/admin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeApps is one app, and a second once it is created.
type fakeApps struct {
	list []auth.App
	err  error
	// set is what SetRetention was asked for.
	set string
}

func (f *fakeApps) List() []auth.App { return f.list }

func (f *fakeApps) Create(context.Context) (auth.App, error) {
	a := auth.App{ID: "fresh", ClientKey: "c2", MasterKey: "m2", Created: 2}
	return a, f.err
}

func (f *fakeApps) SetRetention(_ context.Context, id im.AppID, d time.Duration) (auth.App, error) {
	f.set = fmt.Sprint(id, " ", d)
	a := f.list[0]
	a.Retention = d
	return a, f.err
}

func newAdmin(apps *fakeApps, checks ...admin.Check) http.Handler {
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "some 1\n") }) //nolint:errcheck // a recorder
	return admin.New(admin.Options{
		Apps: func() admin.Apps { return apps }, Cluster: demoCluster, Members: &fakeMembers{}, Health: &admin.Health{Checks: checks}, Metrics: metrics, Token: "secret",
		Retention: 168 * time.Hour, RetentionStrangers: time.Hour, Keeps: demoRetention,
	})
}

// demoCluster is two nodes, one of them down, and a shard that nobody leads.
func demoCluster() admin.Cluster {
	return admin.Cluster{
		ID: "c1", Node: "node1",
		Nodes: []admin.Node{
			{Name: "node1", State: admin.StateMember, Replica: 1, Raft: "h1:1", Actor: "h1:2", Up: true, Since: time.UnixMilli(0).UTC(), Leads: 1, Votes: 2, Holds: 2, Assigned: 2},
			{Name: "node2", State: admin.StateJoining, Replica: 2, Raft: "h2:1", Actor: "h2:2", Since: time.UnixMilli(1).UTC()},
		},
		Shards: []admin.Shard{
			{Shard: 0, Leader: "node1", Term: 3, Replicas: []string{"node1"}, Assigned: []string{"node1", "node2"}},
			{Shard: 1, Replicas: []string{}, Joining: []string{"node2"}, Assigned: []string{"node1"}},
		},
	}
}

// demoRetention is a bucket, and a shard that nobody leads.
func demoRetention(context.Context) (admin.Retention, error) {
	at := func(s int64) time.Time { return time.Unix(s, 0).UTC() }
	return admin.Retention{
		Cluster: "c1", Node: "node1", At: at(10), StoreBytes: 9, RaftBytes: 8,
		Classes: []admin.RetentionClass{{
			Class: "messages", Window: 7, Kept: 8, Bucket: 1, Horizon: at(3), IDs: []admin.RetentionBucket{},
			Buckets: []admin.RetentionBucket{{From: at(3), To: at(4), Bytes: 5, Goes: at(11)}},
		}},
		Shards: []admin.RetentionShard{{Marks: []admin.RetentionMarks{{Waits: "no-leader"}}}},
		Apps:   []admin.AppRetention{{App: "demo", Retention: 6}},
	}, nil
}

func demoApps() *fakeApps {
	return &fakeApps{list: []auth.App{{ID: "demo", ClientKey: "c", MasterKey: "m", Created: 1, Retention: 24 * time.Hour}}}
}

func ask(h http.Handler, method, path string, set func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	set(r)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func nobody(*http.Request)     {}
func bearer(r *http.Request)   { r.Header.Set("Authorization", "Bearer secret") }
func wrong(r *http.Request)    { r.Header.Set("Authorization", "Bearer secre") }
func basic(r *http.Request)    { r.SetBasicAuth("x", "secret") }
func badBasic(r *http.Request) { r.SetBasicAuth("secret", "x") }

func TestRoutes(t *testing.T) {
	t.Parallel()
	h := newAdmin(demoApps())
	const list = `{"apps":[{"id":"demo","clientKey":"c","masterKey":"m","created":1,"retention":86400000}],"retention":604800000,"retentionStrangers":3600000}` + "\n"
	const retention = `{"cluster":"c1","node":"node1","at":"1970-01-01T00:00:10Z","classes":[{"class":"messages","window":7,"kept":8,"bucket":1,` +
		`"horizon":"1970-01-01T00:00:03Z","buckets":[{"from":"1970-01-01T00:00:03Z","to":"1970-01-01T00:00:04Z","bytes":5,"goes":"1970-01-01T00:00:11Z"}],"ids":[]}],` +
		`"shards":[{"shard":0,"leader":"","marks":[{"waits":"no-leader"}]}],"storeBytes":9,"raftBytes":8,"apps":[{"app":"demo","retention":6}]}` + "\n"
	const cluster = `{"cluster":"c1","node":"node1","nodes":[` +
		`{"name":"node1","state":"member","replica":1,"raft":"h1:1","actor":"h1:2","up":true,"since":"1970-01-01T00:00:00Z","leads":1,"votes":2,"holds":2,"assigned":2},` +
		`{"name":"node2","state":"joining","replica":2,"raft":"h2:1","actor":"h2:2","up":false,"since":"1970-01-01T00:00:00.001Z","leads":0,"votes":0,"holds":0,"assigned":0}],` +
		`"shards":[{"shard":0,"leader":"node1","term":3,"replicas":["node1"],"assigned":["node1","node2"]},` +
		`{"shard":1,"leader":"","term":0,"replicas":[],"joining":["node2"],"assigned":["node1"]}]}` + "\n"
	tests := []struct {
		method, path string
		caller       func(*http.Request)
		status       int
		want         string // "" = not looked at
	}{
		{"GET", "/livez", nobody, 200, "ok\n"},
		{"GET", "/healthz", nobody, 200, "ok\n"},
		{"GET", "/readyz", nobody, 200, "ok\n"},
		{"POST", "/readyz", nobody, 405, ""},
		{"GET", "/metrics", nobody, 200, "some 1\n"},
		{"GET", "/v1/apps", bearer, 200, list},
		{"GET", "/v1/apps", basic, 200, list},
		{"GET", "/v1/apps", nobody, 401, ""},
		{"GET", "/v1/apps", wrong, 401, ""},
		{"GET", "/v1/apps", badBasic, 401, ""},
		{"POST", "/v1/apps", bearer, 201, `{"id":"fresh","clientKey":"c2","masterKey":"m2","created":2}` + "\n"},
		{"POST", "/v1/apps", nobody, 401, ""},
		{"GET", "/v1/apps/demo", bearer, 405, ""},
		{"GET", "/v1/retention", bearer, 200, retention},
		{"GET", "/v1/retention", nobody, 401, ""},
		{"GET", "/v1/cluster", bearer, 200, cluster},
		{"GET", "/v1/cluster", nobody, 401, ""},
		{"POST", "/v1/cluster", bearer, 405, ""},
		{"DELETE", "/v1/apps", bearer, 405, ""},
		{"GET", "/debug/pprof/", basic, 200, ""},
		{"GET", "/debug/pprof/goroutine", basic, 200, ""},
		{"GET", "/debug/pprof/cmdline", nobody, 401, ""},
		{"GET", "/", bearer, 404, ""},
	}
	for _, tt := range tests {
		got := ask(h, tt.method, tt.path, tt.caller)
		if got.Code != tt.status || tt.want != "" && got.Body.String() != tt.want {
			t.Errorf("%s %s: %d %q, want %d %q", tt.method, tt.path, got.Code, got.Body, tt.status, tt.want)
		}
	}
}

func TestGuard_TheEmptyTokenOpensNothing(t *testing.T) {
	t.Parallel()
	h := admin.New(admin.Options{Apps: func() admin.Apps { return demoApps() }, Health: &admin.Health{}, Metrics: http.NotFoundHandler()})
	if got := ask(h, "GET", "/v1/apps", func(r *http.Request) { r.Header.Set("Authorization", "Bearer ") }); got.Code != 401 {
		t.Errorf("status %d, want 401", got.Code)
	}
}

func TestCreate_SaysWhyNot(t *testing.T) {
	t.Parallel()
	for kind, status := range map[im.ErrorKind]int{im.Unavailable: 503, im.Internal: 500} {
		apps := demoApps()
		apps.err = im.E("x", kind, "because")
		got := ask(newAdmin(apps), "POST", "/v1/apps", bearer)
		var p admin.Problem
		if err := json.Unmarshal(got.Body.Bytes(), &p); err != nil || got.Code != status || !strings.Contains(p.Error, "because") {
			t.Errorf("%v: %d %s", kind, got.Code, got.Body)
		}
	}
}

func TestReadyz_NamesEveryFailingCheck(t *testing.T) {
	t.Parallel()
	check := func(name string, err error) admin.Check {
		return admin.Check{Name: name, Run: func(context.Context) error { return err }}
	}
	h := newAdmin(demoApps(), check("log", errors.New("shard 3\nhas no leader")), check("fine", nil), check("apps", errors.New("demo is missing")))
	got := ask(h, "GET", "/readyz", nobody)
	want := "log: shard 3; has no leader\napps: demo is missing\n"
	if got.Code != 503 || got.Body.String() != want {
		t.Errorf("%d %q, want 503 %q", got.Code, got.Body, want)
	}
	if got := ask(h, "GET", "/livez", nobody); got.Code != 200 {
		t.Errorf("livez %d: a node that is not ready is alive", got.Code)
	}
}

// Whoever asks while the checks were run a moment ago gets that answer.
func TestReadyz_SharesARun(t *testing.T) {
	t.Parallel()
	runs := 0
	h := newAdmin(demoApps(), admin.Check{Name: "x", Run: func(context.Context) error { runs++; return nil }})
	for range 5 {
		ask(h, "GET", "/readyz", nobody)
	}
	if runs > 2 {
		t.Errorf("%d runs for 5 askers at once", runs)
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := admin.ReadToken(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("ReadToken of none: %v", err)
	}
	token, err := admin.EnsureToken(dir)
	if err != nil || len(token) < 20 {
		t.Fatalf("EnsureToken = %q, %v", token, err)
	}
	path := filepath.Join(dir, admin.TokenFile)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	again, err := admin.EnsureToken(dir)
	if err != nil || again != token {
		t.Errorf("second EnsureToken = %q, %v; want the first one's", again, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	if err := os.WriteFile(path, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.EnsureToken(dir); err == nil {
		t.Error("an empty token was taken")
	}
}

// A change of an app says what is wrong with it, in words, or does it once, for who holds the token.
//
// Checked by breaking it: without the bounds a negative number of milliseconds becomes a long time.
func TestChangeApp_SetsWhatItIsAsked(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		body   string
		err    error
		status int
		set    string
		want   string
	}{
		{`{"retention":86400000}`, nil, 200, "demo 24h0m0s", `"retention":86400000`},
		{`{"retention":0}`, nil, 200, "demo 0s", `"created":1}`},
		{`{}`, nil, 400, "", "nothing to change"},
		{`{"retention":"24h"}`, nil, 400, "", "not the JSON"},
		{`{"retention":-9223372036854775808}`, nil, 400, "", "from 0 to 100 years"},
		{`{"retention":9223372036854775807}`, nil, 400, "", "from 0 to 100 years"},
		{`{"retention":1}`, im.E("x", im.Invalid, "too short"), 400, "demo 1ms", `{"error":"too short"}`},
		{`{"retention":86400000}`, im.E("x", im.NotFound, "no such app"), 404, "demo 24h0m0s", `{"error":"no such app"}`},
		{`{"retention":86400000}`, im.E("x", im.Unavailable, "no majority"), 503, "demo 24h0m0s", `{"error":"no majority"}`},
	} {
		for _, caller := range []func(*http.Request){bearer, nobody} {
			apps := demoApps()
			apps.err = tt.err
			r := httptest.NewRequest("PATCH", "/v1/apps/demo", strings.NewReader(tt.body))
			caller(r)
			w := httptest.NewRecorder()
			newAdmin(apps).ServeHTTP(w, r)
			if w.Code == http.StatusUnauthorized && apps.set == "" && r.Header.Get("Authorization") == "" {
				continue
			}
			if w.Code != tt.status || apps.set != tt.set || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("%s: %d %s, asked for %q; want %d, %q, %q", tt.body, w.Code, w.Body, apps.set, tt.status, tt.want, tt.set)
			}
		}
	}
}
