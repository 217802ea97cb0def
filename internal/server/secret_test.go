package server_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/internal/server"
)

// everywhere is addr's port on all addresses of the machine.
func everywhere(t *testing.T, addr string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return "0.0.0.0:" + port
}

// formed makes opts' data directory that of a cluster of three that formed on loopback, without a secret.
func formed(t *testing.T, opts server.Options) {
	t.Helper()
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	dir, err := eventlog.Prepare(eventlog.Options{
		Dir: opts.Dir, Node: "node1", Shards: uint32(opts.Shards), RaftAddr: opts.RaftListen, Logger: opts.Logger,
		Peers: []eventlog.Member{
			{Name: "node1", Raft: opts.RaftListen}, {Name: "node2", Raft: "127.0.0.1:1"}, {Name: "node3", Raft: "127.0.0.1:3"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	members := []eventlog.Member{{Name: "node1", Replica: 1, NodeHostID: dir.NodeHostID(), Raft: opts.RaftListen, Actor: opts.ActorListen}}
	for i, id := range []string{"00000000-0000-4000-8000-000000000002", "00000000-0000-4000-8000-000000000003"} {
		members = append(members, eventlog.Member{
			Name: fmt.Sprint("node", i+2), Replica: uint64(i + 2), NodeHostID: id,
			Raft: fmt.Sprint("127.0.0.1:", 2*i+1), Actor: fmt.Sprint("127.0.0.1:", 2*i+2),
		})
	}
	if err := dir.Form("00000000-0000-4000-8000-000000000001", members); err != nil {
		t.Fatal(err)
	}
	if err := dir.Close(); err != nil {
		t.Fatal(err)
	}
}

// A node of a cluster without a secret that is started without --peers, so that only its directory knows the others, must not
// listen for them on all addresses, whichever of the two listeners it is.
//
// Checked by breaking it: with only the addresses of the members looked at, the node listens and waits for the others.
func TestStart_FormedWithoutASecretListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(o *server.Options) (addr string){
		"raft-listen":  func(o *server.Options) string { o.RaftListen = everywhere(t, o.RaftListen); return o.RaftListen },
		"actor-listen": func(o *server.Options) string { o.ActorListen = everywhere(t, o.ActorListen); return o.ActorListen },
	} {
		opts := options(t)
		opts.Node = "node1"
		formed(t, opts)
		addr := open(&opts)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		s, err := server.Start(ctx, opts)
		cancel()
		if err == nil {
			closeNode(t, s)
		}
		if want := "cluster-secret-file: needed, since " + addr; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}
