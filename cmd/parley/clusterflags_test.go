package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/server"
)

const threeOnLoopback = "node1=127.0.0.1:7081/127.0.0.1:7082,node2=127.0.0.1:7181/127.0.0.1:7182,node3=[::1]:7281/localhost:7282"

// Peers come by flag, by environment and by file, as one value or as a list, and name where the node itself listens unless
// a flag says so.
func TestServeOptions_Peers(t *testing.T) {
	t.Parallel()
	want := []server.Peer{
		{Name: "node1", Raft: "127.0.0.1:7081", Actor: "127.0.0.1:7082"},
		{Name: "node2", Raft: "127.0.0.1:7181", Actor: "127.0.0.1:7182"},
		{Name: "node3", Raft: "[::1]:7281", Actor: "localhost:7282"},
	}
	for _, tt := range []struct {
		name   string
		args   []string
		vars   map[string]string
		config string
	}{
		{name: "flag", args: []string{"--peers", threeOnLoopback}},
		{name: "environment", vars: map[string]string{"PARLEY_PEERS": threeOnLoopback}},
		{name: "file, one value", config: "peers: " + threeOnLoopback},
		{name: "file, a list", config: "peers:\n  - \"" + strings.ReplaceAll(threeOnLoopback, ",", "\"\n  - \"") + "\""},
	} {
		e, _, _ := fakeEnv(tt.vars)
		args := append(tt.args, "--node", "node2", "--actor-listen", "0.0.0.0:9", "--cluster-secret-file", secretFile(t, strings.Repeat("s", 16)+"\n", 0o600))
		if tt.config != "" {
			args = append(args, "--config", writeConfig(t, tt.config))
		}
		got, err := serveOptions(args, e)
		if err != nil || !slices.Equal(got.Peers, want) {
			t.Errorf("%s: %+v, %v", tt.name, got.Peers, err)
		}
		if got.RaftListen != "127.0.0.1:7181" || got.ActorListen != "0.0.0.0:9" || len(got.ClusterSecret) != 16 {
			t.Errorf("%s: raft %s, actor %s, secret %q", tt.name, got.RaftListen, got.ActorListen, got.ClusterSecret)
		}
	}
}

// Without peers a node listens where it always did.
func TestServeOptions_ListensOnLoopbackWithoutPeers(t *testing.T) {
	t.Parallel()
	e, _, _ := fakeEnv(nil)
	got, err := serveOptions(nil, e)
	if err != nil || got.RaftListen != server.DefaultRaftListen || got.ActorListen != server.DefaultActorListen {
		t.Errorf("raft %s, actor %s, %v", got.RaftListen, got.ActorListen, err)
	}
}

// A node's certificate, its key and the CA's come by flag, by environment and by file, and all three or none.
func TestServeOptions_Certificates(t *testing.T) {
	t.Parallel()
	e, _, _ := fakeEnv(map[string]string{"PARLEY_CLUSTER_KEY": "node1.key"})
	got, err := serveOptions([]string{"--cluster-cert", "node1.crt", "--config", writeConfig(t, "cluster_ca: ca.crt"), "--actor-listen", "0.0.0.0:9"}, e)
	if c := got.Certs; err != nil || c.Cert != "node1.crt" || c.Key != "node1.key" || c.CA != "ca.crt" {
		t.Errorf("%+v, %v", got.Certs, err)
	}
	if _, err := serveOptions([]string{"--cluster-cert", "node1.crt"}, e); err == nil || !strings.Contains(err.Error(), "give all three, or none") {
		t.Error(err)
	}
}

// A secret that others may read, or that is none, starts nothing; a group may read it.
func TestServeOptions_SecretFile(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("s", 16)
	for _, tt := range []struct {
		path, want string // "" = taken
	}{
		{secretFile(t, long, 0o400), ""},
		{secretFile(t, long, 0o640), ""},
		{secretFile(t, long, 0o644), "open to others (mode 0644); chmod 600 it"},
		{secretFile(t, long, 0o620), "open to others (mode 0620)"},
		{secretFile(t, " \n", 0o600), "empty"},
		{secretFile(t, "fifteen bytes..\n", 0o600), "cluster secret of 15 bytes: from 16"},
		{secretFile(t, strings.Repeat("s", 5000), 0o600), "cluster secret of 5000 bytes: from 16 to 4096"},
		{"/no/such/file", "cluster-secret-file: open /no/such/file"},
	} {
		e, _, _ := fakeEnv(map[string]string{"PARLEY_CLUSTER_SECRET_FILE": tt.path})
		got, err := serveOptions(nil, e)
		switch {
		case tt.want == "" && (err != nil || string(got.ClusterSecret) != long):
			t.Errorf("%q, %v", got.ClusterSecret, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
}

func secretFile(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask is
		t.Fatal(err)
	}
	return path
}
