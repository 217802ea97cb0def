package server

import (
	"strings"
	"testing"
)

// What is said of joining fits together, or is refused with the flag's name.
func TestValidate_Join(t *testing.T) {
	t.Parallel()
	const secret = "sixteen bytes are enough"
	for _, tt := range []struct {
		name   string
		o      Options
		secret string
		want   string // "" = it is valid
	}{
		{"on loopback", Options{Join: "127.0.0.1:9"}, "", ""},
		{"a host", Options{Join: "host1:7082", RaftListen: "host2:7081", ActorListen: "host2:7082"}, secret, ""},
		{"a host without a secret", Options{Join: "host1:7082"}, "", "cluster-secret-file: needed, since host1:7082"},
		{"no port", Options{Join: "host1"}, secret, `join "host1": must be HOST:PORT`},
		{"itself", Options{Join: DefaultActorListen}, "", "that is this node's own --actor-listen"},
		{"with peers", Options{Join: "127.0.0.1:9", Peers: []Peer{{Name: "node1", Raft: "127.0.0.1:1", Actor: "127.0.0.1:2"}}}, "", "not together with --peers"},
		{"from everywhere", Options{Join: "host1:7082", RaftListen: "0.0.0.0:7081"}, secret, "give --advertise-raft and --advertise-actor"},
		{"from everywhere, known", Options{Join: "host1:7082", RaftListen: ":7081", ActorListen: ":7082", AdvertiseRaft: "host2:7081", AdvertiseActor: "host2:7082"}, secret, ""},
		{"known as nothing", Options{AdvertiseRaft: "host2"}, "", `advertise-raft "host2": must be HOST:PORT`},
	} {
		o := tt.o
		o.ClusterSecret = []byte(tt.secret)
		o.EnsureDefaults()
		err := o.Validate()
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// A node is known by what it is told to say, else by its own among the peers, else by where it listens, unless that is everywhere.
func TestPlace_IsWhereOthersReachTheNode(t *testing.T) {
	t.Parallel()
	peers := []Peer{{Name: "node1", Raft: "host1:1", Actor: "host1:2"}}
	for _, tt := range []struct {
		o    Options
		want string
	}{
		{Options{RaftListen: "h:1", ActorListen: "h:2"}, "h:1 h:2"},
		{Options{RaftListen: "0.0.0.0:1", ActorListen: "0.0.0.0:2", Peers: peers}, "host1:1 host1:2"},
		{Options{RaftListen: "h:1", ActorListen: "h:2", Peers: peers, AdvertiseActor: "x:3"}, "host1:1 x:3"},
		{Options{RaftListen: ":1", ActorListen: "h:2"}, ""},
	} {
		o := tt.o
		o.EnsureDefaults()
		got := ""
		if p := o.place(); p != nil {
			got = p.GetRaft() + " " + p.GetActor()
		}
		if got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.o, got, tt.want)
		}
	}
}
