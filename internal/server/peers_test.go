package server

import (
	"strings"
	"testing"
)

// Each row is three peers with one thing wrong, and what is said of it; whatever is wrong is said at once.
func TestValidate_Peers(t *testing.T) {
	t.Parallel()
	const a, b, c = "node1=127.0.0.1:1/127.0.0.1:2", "node2=127.0.0.1:3/127.0.0.1:4", "node3=127.0.0.1:5/127.0.0.1:6"
	const secret = "0123456789abcdef"
	for _, tt := range []struct {
		name   string
		peers  []string
		secret string
		want   string // "" = nothing is wrong
	}{
		{"three", []string{a, b, c}, "", ""},
		{"an even number", []string{a, b, c, "node4=localhost:7/[::1]:8"}, "", ""},
		{"none, a secret", nil, secret, ""},
		{"host names, a secret", []string{a, b, "node3=host3:5/10.0.0.3:6"}, secret, ""},
		{"two", []string{a, b}, "", "peers: from 3 to 7, not 2"},
		{"eight", []string{a, b, c, "d=h:1/h:2", "e=h:3/h:4", "f=h:5/h:6", "g=h:7/h:8", "h=h:9/h:10"}, secret, "peers: from 3 to 7, not 8"},
		{"without this node", []string{b, c, "node4=127.0.0.1:7/127.0.0.1:8"}, "", "this node, node1 (--node), must be among them"},
		{"a name twice", []string{a, b, "node2=127.0.0.1:5/127.0.0.1:6"}, "", `peer "node2": given twice`},
		{"a bad name", []string{a, b, "node 3=127.0.0.1:5/127.0.0.1:6"}, "", `peer "node 3": 1-64 characters`},
		{"an address twice", []string{a, b, "node3=127.0.0.1:1/127.0.0.1:6"}, "", `peer "node3": 127.0.0.1:1 is given twice`},
		{"one address for both", []string{a, b, "node3=127.0.0.1:5/127.0.0.1:5"}, "", `peer "node3": 127.0.0.1:5 is given twice`},
		{"no port", []string{a, b, "node3=127.0.0.1/127.0.0.1:6"}, "", `peer "node3", "127.0.0.1": must be HOST:PORT`},
		{"any port", []string{a, b, "node3=127.0.0.1:0/127.0.0.1:6"}, "", `peer "node3", "127.0.0.1:0": must be`},
		{"no host", []string{a, b, "node3=:5/127.0.0.1:6"}, secret, `peer "node3", ":5": must be`},
		{"every host", []string{a, b, "node3=0.0.0.0:5/127.0.0.1:6"}, secret, `peer "node3", "0.0.0.0:5": must be`},
		{"no secret", []string{a, b, "node3=127.0.0.1:5/10.0.0.3:6"}, "", "cluster-secret-file: needed, since 10.0.0.3:6 is not"},
		{"no secret, a host name", []string{a, b, "node3=host3:5/127.0.0.1:6"}, "", "cluster-secret-file: needed, since host3:5 is not"},
		{"a short secret", nil, "short", "cluster secret of 5 bytes: from 16"},
		{"two things", []string{a, "node 2=x/127.0.0.1:4"}, "", "not 2\npeer \"node 2\": 1-64 characters of A-Z a-z 0-9 _ -\npeer \"node 2\", \"x\": must"},
	} {
		o := Options{ClusterSecret: []byte(tt.secret)}
		for _, text := range tt.peers {
			p, err := ParsePeer(text)
			if err != nil {
				t.Fatal(err)
			}
			o.Peers = append(o.Peers, p)
		}
		o.EnsureDefaults()
		err := o.Validate()
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// A node that listens for others on all addresses needs a secret, whatever its peers are called, and also when it has none: it may
// get company.
//
// Checked by breaking it: when checkSecret is content with a node that is alone, the first starts.
func TestValidate_ListeningEverywhereNeedsASecret(t *testing.T) {
	t.Parallel()
	alone := Options{ActorListen: "0.0.0.0:7082"}
	alone.EnsureDefaults()
	if err := alone.Validate(); err == nil || !strings.Contains(err.Error(), "since 0.0.0.0:7082 is not a loopback address") {
		t.Error(err)
	}
	o := Options{ActorListen: "0.0.0.0:7082"}
	for _, text := range []string{"node1=127.0.0.1:1/127.0.0.1:2", "node2=127.0.0.1:3/127.0.0.1:4", "node3=127.0.0.1:5/127.0.0.1:6"} {
		p, _ := ParsePeer(text)
		o.Peers = append(o.Peers, p)
	}
	o.EnsureDefaults()
	if err := o.Validate(); err == nil || !strings.Contains(err.Error(), "since 0.0.0.0:7082 is not a loopback address") {
		t.Error(err)
	}
	if o.RaftListen != "127.0.0.1:1" {
		t.Errorf("raft-listen %s, want this node's own among the peers", o.RaftListen)
	}
}

func TestParsePeer_WantsNameAndTwoAddresses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "node1", "node1=127.0.0.1:1", "127.0.0.1:1/127.0.0.1:2"} {
		if _, err := ParsePeer(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}
