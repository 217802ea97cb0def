package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/auth"
	"github.com/parley-im/parley/internal/server"
)

// fakeEnv is the world of one command, with these variables.
func fakeEnv(vars map[string]string) (env, *bytes.Buffer, *bytes.Buffer) {
	var stdout, stderr bytes.Buffer
	lookup := func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
	return env{stdout: &stdout, stderr: &stderr, lookup: lookup}, &stdout, &stderr
}

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "parley.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A flag wins over the environment, that over the file, that over the default.
func TestServeOptions_Precedence(t *testing.T) {
	t.Parallel()
	config := writeConfig(t, `
listen: 127.0.0.1:1003
admin_listen: 127.0.0.1:1013
raft_listen: 127.0.0.1:1023
retention: 2h
shards: 4
app:
  - file:c:m
  - file2:c:m
`)
	e, _, _ := fakeEnv(map[string]string{
		"PARLEY_LISTEN": "127.0.0.1:1002", "PARLEY_ADMIN_LISTEN": "127.0.0.1:1012", "PARLEY_CONFIG": config,
		"PARLEY_NODE": "", "PARLEY_SERVICE_HOST": "10.0.0.1",
	})
	got, err := serveOptions([]string{"--listen", "127.0.0.1:1001"}, e)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, got, want string }{
		{"listen (flag)", got.Listen, "127.0.0.1:1001"},
		{"admin-listen (environment)", got.AdminListen, "127.0.0.1:1012"},
		{"raft-listen (file)", got.RaftListen, "127.0.0.1:1023"},
		{"actor-listen (default)", got.ActorListen, server.DefaultActorListen},
		{"node (empty variable)", got.Node, server.DefaultNode},
	} {
		if tt.got != tt.want {
			t.Errorf("%s = %q, want %q", tt.name, tt.got, tt.want)
		}
	}
	if got.Retention != 2*time.Hour || got.Shards != 4 {
		t.Errorf("retention %v, shards %d; want those of the file", got.Retention, got.Shards)
	}
	if len(got.Apps) != 2 || got.Apps[1].ID != "file2" {
		t.Errorf("apps %+v, want those of the file", got.Apps)
	}
}

func TestServeOptions_Apps(t *testing.T) {
	t.Parallel()
	a, b := auth.App{ID: "a", ClientKey: "c", MasterKey: "m"}, auth.App{ID: "b", ClientKey: "c", MasterKey: "m"}
	tests := []struct {
		name string
		args []string
		vars map[string]string
	}{
		{name: "repeated flag", args: []string{"--app", "a:c:m", "--app=b:c:m"}},
		{name: "environment", vars: map[string]string{"PARLEY_APP": "a:c:m,b:c:m"}},
		{name: "flag over environment", args: []string{"--app", "a:c:m", "--app", "b:c:m"}, vars: map[string]string{"PARLEY_APP": "x:c:m"}},
	}
	for _, tt := range tests {
		e, _, _ := fakeEnv(tt.vars)
		got, err := serveOptions(tt.args, e)
		if err != nil || len(got.Apps) != 2 || got.Apps[0] != a || got.Apps[1] != b {
			t.Errorf("%s: %+v, %v", tt.name, got.Apps, err)
		}
	}
}

// Whatever is wrong is named, and nothing starts: exit code 2.
func TestRun_RefusesWrongSettings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		args   []string
		vars   map[string]string
		config string
		want   string
	}{
		{name: "no command", want: "Usage: parley COMMAND"},
		{name: "unknown command", args: []string{"dance"}, want: `unknown command "dance"`},
		{name: "unknown flag", args: []string{"serve", "--dance"}, want: "-dance"},
		{name: "flag without value", args: []string{"serve", "--data"}, want: "-data"},
		{name: "argument", args: []string{"serve", "dance"}, want: `unexpected argument "dance"`},
		{name: "bad duration", args: []string{"serve", "--retention", "a week"}, want: "-retention"},
		{name: "short retention", args: []string{"serve", "--retention", "69s"}, want: "retention 1m9s: at least 1m10s"},
		{name: "bad address", args: []string{"serve", "--listen", "8080"}, want: `listen "8080": must be HOST:PORT`},
		{name: "bad port", args: []string{"serve", "--raft-listen", "127.0.0.1:0"}, want: "raft-listen"},
		{name: "bad app", args: []string{"serve", "--app", "x"}, want: "ID:CLIENTKEY:MASTERKEY"},
		{name: "app twice", args: []string{"serve", "--app", "x:c:m", "--app", "x:c:n"}, want: `app "x": given twice`},
		{name: "bad url", args: []string{"serve", "--public-url", "example.com"}, want: "public-url"},
		{name: "bad peer", args: []string{"serve", "--peers", "node1=127.0.0.1:1"}, want: "NAME=RAFT/ACTOR"},
		{name: "one peer", args: []string{"serve", "--peers", "node1=127.0.0.1:1/127.0.0.1:2"}, want: "peers: from 3 to 7, not 1"},
		{name: "no secret", args: []string{"serve", "--cluster-secret-file", "/no/such/file"}, want: "cluster-secret-file"},
		{name: "no shards", args: []string{"serve", "--shards", "-1"}, want: "shards -1"},
		{name: "bad node", args: []string{"serve", "--node", "a b"}, want: `node "a b"`},
		{name: "all problems", args: []string{"serve", "--node", "a b", "--listen", "x"}, want: `listen "x": must be HOST:PORT; node`},
		{name: "bad variable", args: []string{"serve"}, vars: map[string]string{"PARLEY_SHARDS": "many"}, want: "PARLEY_SHARDS"},
		{name: "unknown key", args: []string{"serve"}, config: "dance: 1", want: `unknown key "dance"`},
		{name: "key with dash", args: []string{"serve"}, config: "admin-listen: 127.0.0.1:1", want: `unknown key "admin-listen"`},
		{name: "key config", args: []string{"serve"}, config: "config: x", want: `unknown key "config"`},
		{name: "bad value in file", args: []string{"serve"}, config: "shards: many", want: "shards"},
		{name: "nested value", args: []string{"serve"}, config: "listen: {a: b}", want: "listen must be a value"},
		{name: "no yaml", args: []string{"serve"}, config: "{", want: "parley.yaml"},
		{name: "no file", args: []string{"serve", "--config", "/no/such/file"}, want: "/no/such/file"},
		{name: "app without verb", args: []string{"app"}, want: "a verb is missing"},
		{name: "app with unknown verb", args: []string{"app", "dance"}, want: `unknown verb "dance"`},
		{name: "app argument", args: []string{"app", "list", "x"}, want: `unexpected argument "x"`},
		{name: "cluster without verb", args: []string{"cluster"}, want: "a verb is missing: status"},
		{name: "cluster with unknown verb", args: []string{"cluster", "dance"}, want: `unknown verb "dance"`},
		{name: "cluster argument", args: []string{"cluster", "status", "x"}, want: `unexpected argument "x"`},
		{name: "version argument", args: []string{"version", "x"}, want: `unexpected argument "x"`},
		{name: "help for nothing", args: []string{"help", "dance"}, want: `unknown command "dance"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			args := tt.args
			if tt.config != "" {
				args = append(args, "--config", writeConfig(t, tt.config))
			}
			e, stdout, stderr := fakeEnv(tt.vars)
			code := run(t.Context(), args, e)
			if code != exitUsage || !strings.Contains(stderr.String(), tt.want) || stdout.Len() > 0 {
				t.Errorf("code %d, stdout %q, stderr %q; want 2 and %q", code, stdout, stderr, tt.want)
			}
		})
	}
}

func TestRun_Help(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"help"}, "serve"},
		{[]string{"--help"}, "serve"},
		{[]string{"help", "serve"}, "--admin-listen ADDR"},
		{[]string{"serve", "-h"}, "--retention DURATION"},
		{[]string{"help", "serve"}, "--peers NAME=RAFT/ACTOR,..."},
		{[]string{"help", "app"}, "parley app keys"},
		{[]string{"app", "keys", "--help"}, "--admin-token TOKEN"},
		{[]string{"help", "cluster"}, "parley cluster status"},
		{[]string{"version"}, "parley "},
		{[]string{"--version"}, "parley "},
		{[]string{"version", "--json"}, `"version":`},
	} {
		e, stdout, stderr := fakeEnv(nil)
		if code := run(t.Context(), tt.args, e); code != exitDone || !strings.Contains(stdout.String(), tt.want) || stderr.Len() > 0 {
			t.Errorf("%v: code %d, stdout %q, stderr %q; want 0 and %q", tt.args, code, stdout, stderr, tt.want)
		}
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		168 * time.Hour: "168h", 70 * time.Second: "1m10s", 90 * time.Minute: "1h30m", 10 * time.Minute: "10m", time.Second: "1s",
	} {
		if got := short(d); got != want {
			t.Errorf("short(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestReachable(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"0.0.0.0:80": "localhost:80", "[::]:80": "localhost:80", "127.0.0.1:80": "127.0.0.1:80", "im.example:80": "im.example:80",
	} {
		if got := reachable(addr); got != want {
			t.Errorf("reachable(%q) = %q, want %q", addr, got, want)
		}
	}
}
