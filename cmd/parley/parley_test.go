package main

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// These tests run the binary: what scripts and operators rely on.

// A first start without --app makes an app and shows its keys, once; they work, and `app keys` shows them again.
func TestServe_FirstStart(t *testing.T) {
	t.Parallel()
	n := servertest.Start(t, servertest.NoApp)
	first := banner(t, n, "")
	found := regexp.MustCompile(`app id +([0-9a-f]{24})\n +client key +(\S{24})\n +master key +(\S{24})\n`).FindStringSubmatch(first)
	if found == nil {
		t.Fatalf("no app in the banner:\n%s", first)
	}
	id, client, master := found[1], found[2], found[3]
	c := &servertest.Client{Base: n.URL(), App: id, Key: client}
	if a, err := c.Try(http.MethodPost, "/ctx/tom/friends/jerry", ""); err != nil || a.Status != http.StatusOK {
		t.Errorf("the key in the banner does not work: %+v, %v", a, err)
	}

	keys := servertest.Run(t, nil, "app", "keys", "--admin", n.AdminURL(), "--data", n.Dir)
	want := "APP ID                     CLIENT KEY                 MASTER KEY\n" + id + "   " + client + "   " + master + "\n"
	if keys.Code != exitDone || keys.Stdout != want {
		t.Errorf("app keys: %+v, want %q", keys, want)
	}

	if code := n.Terminate(); code != exitDone {
		t.Fatalf("exit code %d after SIGTERM\n%s", code, n.Stderr())
	}
	n.Restart()
	second := banner(t, n, first)
	if strings.Contains(second, client) || strings.Contains(second, master) || !strings.Contains(second, "parley app keys --admin "+n.AdminURL()) {
		t.Errorf("second banner:\n%s", second)
	}
	if !strings.Contains(second, "legacy") || strings.Contains(n.Stderr(), master) {
		t.Errorf("trust is not named, or a key was logged:\n%s\n%s", second, n.Stderr())
	}
}

// banner returns what a node has written behind before, once its last line is there: that comes after it is ready.
func banner(t *testing.T, n *servertest.Node, before string) string {
	t.Helper()
	var text string
	servertest.Eventually(t, "the banner is complete", func() bool {
		text = strings.TrimPrefix(n.Stdout(), before)
		return strings.Contains(text, "Stop with Ctrl-C")
	})
	return text
}

func TestApp_Verbs(t *testing.T) {
	t.Parallel()
	n := servertest.Start(t)
	token, err := os.ReadFile(filepath.Join(n.Dir, "admin-token"))
	if err != nil {
		t.Fatal(err)
	}
	admin := []string{"PARLEY_ADMIN=" + n.AdminURL(), "PARLEY_ADMIN_TOKEN=" + strings.TrimSpace(string(token))}

	created := servertest.Run(t, admin, "app", "create", "--json")
	var app struct{ ID, ClientKey, MasterKey string }
	if err := json.Unmarshal([]byte(created.Stdout), &app); err != nil || created.Code != exitDone || len(app.ID) != 24 {
		t.Fatalf("app create: %+v, %v", created, err)
	}
	list := servertest.Run(t, admin, "app", "list")
	if list.Code != exitDone || !strings.Contains(list.Stdout, servertest.App) || !strings.Contains(list.Stdout, app.ID) || strings.Contains(list.Stdout, app.MasterKey) {
		t.Errorf("app list: %+v", list)
	}
	keys := servertest.Run(t, admin, "app", "keys", app.ID, "--json")
	if keys.Code != exitDone || !strings.Contains(keys.Stdout, app.MasterKey) || strings.Contains(keys.Stdout, servertest.MasterKey) {
		t.Errorf("app keys ID: %+v", keys)
	}

	for name, tt := range map[string]struct {
		env  []string
		args []string
		want string
	}{
		"unknown app": {admin, []string{"app", "keys", "nobody"}, `no app "nobody"`},
		"wrong token": {admin, []string{"app", "list", "--admin-token", "x"}, "token"},
		"no token":    {nil, []string{"app", "list", "--admin", n.AdminURL()}, "--admin-token"},
		"no node":     {admin, []string{"app", "list", "--admin", "http://127.0.0.1:1"}, "no node answers at http://127.0.0.1:1"},
	} {
		got := servertest.Run(t, tt.env, tt.args...)
		if got.Code != exitFailed || !strings.Contains(got.Stderr, tt.want) || strings.Count(got.Stderr, "\n") != 1 || got.Stdout != "" {
			t.Errorf("%s: %+v, want code 1 and one line with %q", name, got, tt.want)
		}
	}
}

// A start that cannot be says why in one line, exits with 1, and leaves what is there as it is.
func TestServe_RefusesInOneLine(t *testing.T) {
	t.Parallel()
	n := servertest.Start(t)
	other := servertest.FreeAddrs(t, 4)
	args := func(data, listen, admin, raft, actor string) []string {
		return []string{"serve", "--data", data, "--listen", listen, "--admin-listen", admin, "--raft-listen", raft, "--actor-listen", actor}
	}
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "letters.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(foreign, "letters.txt")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close() //nolint:errcheck // at the end of the test
	busy := taken.Addr().String()
	fresh := filepath.Join(t.TempDir(), "fresh")

	tests := map[string]struct {
		args []string
		want string
	}{
		"listen":        {args(fresh, busy, other[1], other[2], other[3]), "cannot listen on " + busy + " for --listen: address already in use"},
		"admin-listen":  {args(fresh, other[0], busy, other[2], other[3]), "cannot listen on " + busy + " for --admin-listen"},
		"raft-listen":   {args(fresh, other[0], other[1], busy, other[3]), "cannot listen on " + busy + " for --raft-listen"},
		"actor-listen":  {args(fresh, other[0], other[1], other[2], busy), "cannot listen on " + busy + " for --actor-listen"},
		"directory":     {args(n.Dir, other[0], other[1], other[2], other[3]), "in use"},
		"foreign":       {args(foreign, other[0], other[1], other[2], other[3]), "letters.txt"},
		"a file":        {args(file, other[0], other[1], other[2], other[3]), file},
		"not writable":  {args("/proc/parley", other[0], other[1], other[2], other[3]), "/proc/parley"},
		"unknown host":  {args(fresh, "no.such.host.invalid:80", other[1], other[2], other[3]), "no.such.host.invalid"},
		"other address": {args(fresh, "192.0.2.1:80", other[1], other[2], other[3]), "cannot assign requested address"},
	}
	for name, tt := range tests {
		got := servertest.Run(t, nil, tt.args...)
		if got.Code != exitFailed || !strings.Contains(got.Stderr, tt.want) || strings.Count(got.Stderr, "\n") != 1 || got.Stdout != "" {
			t.Errorf("%s: %+v, want code 1 and one line with %q", name, got, tt.want)
		}
	}
	if _, err := os.Stat(fresh); !os.IsNotExist(err) {
		t.Errorf("a refused start wrote to its data directory: %v", err)
	}
	if entries, err := os.ReadDir(foreign); err != nil || len(entries) != 1 {
		t.Errorf("a foreign directory was changed: %v, %v", entries, err)
	}
	n.Client().Expect(http.MethodPost, "/ctx/a/friends/b", http.StatusOK) // the first node goes on
}

// Settings that a directory is bound to cannot be changed by a later start.
func TestServe_RefusesOtherSettingsOfItsDirectory(t *testing.T) {
	t.Parallel()
	n := servertest.Start(t)
	n.Terminate()
	for flag, value := range map[string]string{"--shards": "4", "--node": "other"} {
		got := servertest.Run(t, nil, append(n.Args(), flag, value)...)
		if got.Code != exitFailed || !strings.Contains(got.Stderr, value) || strings.Count(got.Stderr, "\n") != 1 {
			t.Errorf("%s: %+v, want code 1 and one line", flag, got)
		}
	}
	n.Restart()
}
