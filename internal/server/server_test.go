package server_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/auth"
	"github.com/parley-im/parley/internal/server"
	"github.com/parley-im/parley/internal/servertest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

var demo = auth.App{ID: "demo", ClientKey: "client", MasterKey: "master"}

func options(t *testing.T) server.Options {
	t.Helper()
	addrs := servertest.FreeAddrs(t, 2)
	return server.Options{
		Dir: t.TempDir() + "/data", Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0", RaftListen: addrs[0], ActorListen: addrs[1],
		Shards: 4, Apps: []auth.App{demo}, Version: "test", Logger: slog.New(slog.DiscardHandler),
	}
}

func start(t *testing.T, opts server.Options) *server.Server {
	t.Helper()
	s, err := server.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeNode(t *testing.T, s *server.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func get(t *testing.T, method, url string, header map[string]string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

var keys = map[string]string{"X-ML-AppId": "demo", "X-ML-APIKey": "client"}

// A node gives memory back for as long as it runs; when it is at rest is atrest's to test. Checked by breaking it: without giveBack
// among the steps of the start.
func TestServer_GivesMemoryBack(t *testing.T) {
	s := start(t, options(t))
	isRunning := func() bool {
		stacks := make([]byte, 8<<20)
		return strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "internal/atrest.Run")
	}
	servertest.Eventually(t, "atrest runs", isRunning)
	closeNode(t, s)
}

// What one run of a node acknowledged, the next one on the same directory knows; and nothing of the first is left.
func TestServer_RemembersOverARestart(t *testing.T) {
	opts := options(t)
	s := start(t, opts)
	if status, body := get(t, "POST", "http://"+s.Addr()+"/ctx/tom/friends/jerry", keys); status != 200 {
		t.Fatalf("befriend: %d %s", status, body)
	}
	closeNode(t, s)

	opts.Apps = nil
	s = start(t, opts)
	defer closeNode(t, s)
	if _, drawn := s.FirstApp(); drawn {
		t.Error("an app was drawn although there is one")
	}
	if status, body := get(t, "GET", "http://"+s.Addr()+"/ctx/jerry/friends", keys); status != 200 || body != `["tom"]` {
		t.Errorf("friends: %d %s", status, body)
	}
}

func TestServer_Listeners(t *testing.T) {
	s := start(t, options(t))
	defer closeNode(t, s)
	clients, operators := "http://"+s.Addr(), "http://"+s.AdminAddr()
	tests := []struct {
		url    string
		status int
		want   string
	}{
		{clients + "/readyz", 200, "ok"},
		{clients + "/livez", 200, "ok"},
		{clients + "/healthz", 200, "ok"},
		{clients + "/metrics", 404, "5004"},
		{clients + "/v1/apps", 404, "5004"},
		{clients + "/debug/pprof/", 404, "5004"},
		{clients + "/ctx/tom", 401, "5003"},
		{operators + "/readyz", 200, "ok"},
		{operators + "/metrics", 200, "parley_raft_shards_led 5"},
		{operators + "/metrics", 200, "parley_raft_shards_without_leader 0"},
		{operators + "/v1/apps", 401, "token"},
		{operators + "/ctx/tom", 404, ""},
	}
	for _, tt := range tests {
		if status, body := get(t, "GET", tt.url, nil); status != tt.status || !strings.Contains(body, tt.want) {
			t.Errorf("%s: %d %.200s, want %d with %q", tt.url, status, body, tt.status, tt.want)
		}
	}
}

// Run ends without an error when its context does, also in the middle of starting.
func TestRun_EndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	if err := server.Run(ctx, options(t), func(*server.Server) { cancel() }); err != nil {
		t.Errorf("Run: %v", err)
	}
	early, cancelEarly := context.WithCancel(t.Context())
	cancelEarly()
	if err := server.Run(early, options(t), func(*server.Server) { t.Error("started") }); err != nil {
		t.Errorf("Run with an ended context: %v", err)
	}
}

func TestOptions_ValidateNamesEveryProblem(t *testing.T) {
	t.Parallel()
	o := server.Options{Listen: "x", Node: "a b", Shards: 500, Retention: time.Second, PublicURL: "ftp://x", Apps: []auth.App{{ID: "a"}}}
	o.EnsureDefaults()
	err := o.Validate()
	if err == nil {
		t.Fatal("no problem was found")
	}
	for _, want := range []string{"listen", "node", "shards", "retention", "public-url", "a key has"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not named in %q", want, err)
		}
	}
	var fine server.Options
	fine.EnsureDefaults()
	if err := fine.Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

// A group may have up to 10,000 members, a room up to 100,000.
//
// Checked by breaking it: it fails with one limit for both.
func TestOptions_LimitsOfMembers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		group, room int
		named       []string
	}{
		{1, 1, nil},
		{10_000, 100_000, nil},
		{10_001, 100_001, []string{"limit-group-members 10001: from 1 to 10000", "limit-room-members 100001: from 1 to 100000"}},
		{-1, -1, []string{"limit-group-members", "limit-room-members"}},
		{100_000, 100_000, []string{"limit-group-members"}},
	} {
		o := server.Options{GroupMembers: c.group, RoomMembers: c.room}
		o.EnsureDefaults()
		err := o.Validate()
		if (err == nil) != (len(c.named) == 0) || err != nil && strings.Count(err.Error(), "\n") != len(c.named)-1 {
			t.Errorf("%d, %d: %v", c.group, c.room, err)
		}
		for _, want := range c.named {
			if err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%q is not in %q", want, err)
			}
		}
	}
}
