package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
)

// shards is the number of shards of a node that was not told another.
const shards = 17

// What a running node and its directory say of themselves afterwards; the directory is refused, in one line, while the node
// runs, and is read when it has stopped, beside a copy of it. A table of the copy that is damaged is named, and the exit code is 1;
// and so is a log of Raft's.
func TestDoctor_VerifiesANodeAndItsDirectory(t *testing.T) {
	t.Parallel()
	n := servertest.Start(t)
	n.Client().Expect(http.MethodPost, "/ctx/tom/friends/jerry", http.StatusOK)

	inUse := servertest.Run(t, nil, "doctor", "verify", n.Dir)
	if inUse.Code != exitFailed || !strings.Contains(inUse.Stderr, n.Dir+" is in use by another process") ||
		strings.Count(inUse.Stderr, "\n") != 1 || inUse.Stdout != "" {
		t.Errorf("in use: %+v", inUse)
	}
	address := strings.TrimPrefix(n.AdminURL(), "http://") // the scheme may be left out
	online := servertest.Run(t, nil, "doctor", "verify", "--admin", address, "--data", n.Dir)
	if online.Code != exitDone || !strings.Contains(online.Stdout, "17 shards on 1 node: 17 read") {
		t.Errorf("online: %+v", online)
	}
	if code := n.Terminate(); code != exitDone {
		t.Fatalf("exit code %d", code)
	}

	offline := servertest.Run(t, nil, "doctor", "verify", n.Dir)
	row := regexp.MustCompile(`\n0 +\d+ +[0-9a-f]{16} +\d+ B +\d+ +1/1 +node1\n`)
	if offline.Code != exitDone || !row.MatchString(offline.Stdout) || !strings.Contains(offline.Stdout, "17 shards on 1 node: 17 read") {
		t.Errorf("offline: %+v", offline)
	}
	backup := filepath.Join(t.TempDir(), "backup")
	if err := os.CopyFS(backup, os.DirFS(n.Dir)); err != nil {
		t.Fatal(err)
	}
	both := servertest.Run(t, nil, "doctor", "verify", n.Dir, "--data", backup)
	if both.Code != exitDone || !strings.Contains(both.Stdout, "17 shards on 2 nodes: 17 the same on all of them") {
		t.Errorf("with a copy: %+v", both)
	}
	damaged := damage(t, filepath.Join(backup, "store"))
	got := servertest.Run(t, nil, "doctor", "verify", n.Dir, backup)
	if got.Code != exitFailed || !strings.Contains(got.Stderr, damaged+" is damaged") || strings.Count(got.Stderr, "\n") != 1 ||
		!strings.Contains(got.Stdout, backup+": cannot be read") {
		t.Errorf("with a damaged copy: %+v, want %s named", got, damaged)
	}
	damaged = damageLog(t, backup)
	got = servertest.Run(t, nil, "doctor", "verify", n.Dir, backup)
	if got.Code != exitFailed || !strings.Contains(got.Stderr, damaged+" is damaged: it is not what was written, from byte 0 on") ||
		!strings.Contains(got.Stdout, backup+", of its Raft log damaged:\n  "+damaged) || !strings.Contains(got.Stdout, n.Dir+", its Raft log is whole\n") {
		t.Errorf("with a damaged log: %+v, want %s named", got, damaged)
	}
	n.Restart() // nothing of its own was changed
}

// damageLog changes a byte of the newest write-ahead log of Raft's log, and returns its path.
func damageLog(t *testing.T, dir string) (path string) {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(dir, "raft", "*", "*", "logdb-0", "*.log"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("%v, %v", logs, err)
	}
	path = logs[len(logs)-1]
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[20] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// damage changes a byte in the first block of the largest table in a store, and returns its path.
func damage(t *testing.T, store string) (path string) {
	t.Helper()
	tables, err := filepath.Glob(filepath.Join(store, "*.sst"))
	if err != nil {
		t.Fatal(err)
	}
	var data []byte
	for _, name := range tables {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > len(data) {
			path, data = name, b
		}
	}
	if path == "" {
		t.Fatalf("no tables in %s", store)
	}
	data[10] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What programs read.
func TestDoctor_VerifyWritesJSON(t *testing.T) {
	t.Parallel()
	n := servertest.Start(t)
	got := servertest.Run(t, nil, "doctor", "verify", "--json", "--admin", n.AdminURL(), "--data", n.Dir)
	var v struct {
		Replicas []struct {
			From, Cluster, Node string
			Shards              []struct {
				Shard, Applied uint64
				Digest         string
				Tables         []struct{ Table, Digest string }
			}
		}
		Shards []struct {
			Shard   uint64
			Verdict string
			Groups  []struct{ Nodes []string }
		}
	}
	if err := json.Unmarshal([]byte(got.Stdout), &v); err != nil || got.Code != exitDone {
		t.Fatalf("%v, %+v", err, got)
	}
	if len(v.Replicas) != 1 || len(v.Shards) != shards || len(v.Replicas[0].Shards) != shards {
		t.Fatalf("%+v", v)
	}
	r, zero := v.Replicas[0], v.Replicas[0].Shards[0]
	if r.From != n.AdminURL() || r.Node != "node1" || r.Cluster == "" || zero.Applied == 0 || len(zero.Digest) != 64 || len(zero.Tables) == 0 {
		t.Errorf("replica %+v", r)
	}
	if s := v.Shards[shards-1]; s.Shard != shards-1 || s.Verdict != "same" || len(s.Groups) != 1 || s.Groups[0].Nodes[0] != "node1" {
		t.Errorf("shard %+v", s)
	}
}

func TestDoctor_SaysWhatIsWrongWithTheQuestion(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	for name, tt := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no verb":        {[]string{"doctor"}, exitUsage, "a verb is missing: verify or retention"},
		"unknown verb":   {[]string{"doctor", "heal"}, exitUsage, `unknown verb "heal"`},
		"both":           {[]string{"doctor", "verify", "--admin", "127.0.0.1:1", empty}, exitUsage, "not both"},
		"tokens":         {[]string{"doctor", "verify", "--admin", "a,b,c", "--admin-token", "x", "--admin-token", "y"}, exitUsage, "once for each --admin"},
		"no node":        {[]string{"doctor", "verify", "--admin", "127.0.0.1:1", "--admin-token", "x"}, exitFailed, "no node answers at http://127.0.0.1:1"},
		"no token":       {[]string{"doctor", "verify", "--admin", "127.0.0.1:1", "--data", empty}, exitFailed, "--admin-token"},
		"no directory":   {[]string{"doctor", "verify", empty}, exitFailed, empty + " is no data directory"},
		"kept, both":     {[]string{"doctor", "retention", "--admin", "127.0.0.1:1", empty}, exitUsage, "not both"},
		"kept by two":    {[]string{"doctor", "retention", "--admin", "a,b"}, exitUsage, "--admin names one node"},
		"two kept":       {[]string{"doctor", "retention", empty, empty}, exitUsage, "one directory at a time"},
		"kept by none":   {[]string{"doctor", "retention", empty}, exitFailed, empty + " is no data directory"},
		"kept by nobody": {[]string{"doctor", "retention", "--admin", "127.0.0.1:1", "--admin-token", "x"}, exitFailed, "no node answers at http://127.0.0.1:1"},
		"none, and none": {[]string{"doctor", "verify"}, exitFailed, "parley-data is no data directory"},
	} {
		got := servertest.Run(t, nil, tt.args...)
		if got.Code != tt.code || !strings.Contains(got.Stderr, tt.want) || got.Stdout != "" || tt.code == exitFailed && strings.Count(got.Stderr, "\n") != 1 {
			t.Errorf("%s: %+v, want code %d and %q", name, got, tt.code, tt.want)
		}
	}
	for _, args := range [][]string{{"help", "doctor"}, {"doctor", "verify", "--help"}, {"doctor", "retention", "--help"}} {
		if got := servertest.Run(t, nil, args...); got.Code != exitDone || !strings.Contains(got.Stdout, "--admin") {
			t.Errorf("%v: %+v", args, got)
		}
	}
}
