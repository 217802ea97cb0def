package server

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/parley-im/parley/cluster/certs"
	"github.com/parley-im/parley/cluster/certs/certstest"
	"github.com/parley-im/parley/im"
)

// Certificates are as good as a secret where a node listens for others on more than loopback; some of the three files are not.
//
// Checked by breaking it: the first is refused when checkSecret looks at the secret alone.
func TestValidate_CertificatesAreEnough(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		files certs.Files
		want  string // "" = it starts
	}{
		{certs.Files{Cert: "c", Key: "k", CA: "a"}, ""},
		{certs.Files{Cert: "c", Key: "k"}, "cluster-cert, cluster-key and cluster-ca: give all three, or none"},
		{certs.Files{}, "or certificates: cluster-cert, cluster-key, cluster-ca"},
	} {
		o := Options{ActorListen: "0.0.0.0:7082", Certs: c.files}
		o.EnsureDefaults()
		if err := o.Validate(); c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v, want %q", c.files, err, c.want)
		}
	}
}

// certified is a node, not started, with a certificate for host1 and 10.0.0.1.
func certified(t *testing.T, o Options) *Server {
	t.Helper()
	o.Certs = certstest.NewCA(t).Issue(t, t.TempDir(), certstest.Node{Hosts: []string{"host1", "10.0.0.1"}})
	o.Logger = slog.New(slog.DiscardHandler)
	o.EnsureDefaults()
	s := newServer(o)
	var err error
	if s.certs, err = certs.Open(o.Certs, nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// A certificate must be for the hosts of both addresses by which others dial the node, wherever it has them from.
func TestCoverPlace_LooksAtWhatOthersDial(t *testing.T) {
	t.Parallel()
	peers := func(self string) (peers []Peer) {
		for _, text := range []string{"node1=" + self, "node2=host2:1/host2:2", "node3=host3:1/host3:2"} {
			p, err := ParsePeer(text)
			if err != nil {
				t.Fatal(err)
			}
			peers = append(peers, p)
		}
		return peers
	}
	for name, c := range map[string]struct {
		o    Options
		want string // "" = it is
	}{
		"peers":            {Options{Peers: peers("host1:1/10.0.0.1:2")}, ""},
		"peers, raft":      {Options{Peers: peers("host4:1/10.0.0.1:2")}, "and not for host4"},
		"peers, actors":    {Options{Peers: peers("host1:1/10.0.0.4:2")}, "and not for 10.0.0.4"},
		"listening":        {Options{RaftListen: "10.0.0.1:1", ActorListen: "10.0.0.4:2"}, "and not for 10.0.0.4"},
		"advertised":       {Options{RaftListen: "0.0.0.0:1", ActorListen: "0.0.0.0:2", AdvertiseRaft: "host1:1", AdvertiseActor: "host1:2"}, ""},
		"advertised other": {Options{AdvertiseRaft: "host1:1", AdvertiseActor: "host4:2"}, "and not for host4"},
		"not known":        {Options{RaftListen: "0.0.0.0:1", ActorListen: "0.0.0.0:2"}, ""},
	} {
		s := certified(t, c.o)
		err := s.coverPlace()
		if at := s.readCerts(t.Context()); (at != nil) != (err != nil && len(c.o.Peers) > 0) {
			t.Errorf("%s: the start says %v", name, at)
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// A node alone may have a certificate for hosts that nobody dials; but it does not grow before that is mended.
func TestCanGrow_WantsACertificateThatFits(t *testing.T) {
	t.Parallel()
	for actor, refused := range map[string]bool{"host1:7082": false, "127.0.0.1:7082": true} {
		s := certified(t, Options{RaftListen: "host1:7081", ActorListen: actor})
		s.membership = &membership{place: s.opts.place()}
		err := changes{s}.canGrow()
		if (err != nil) != refused || refused && (im.KindOf(err) != im.Conflict || !strings.Contains(err.Error(), "not for 127.0.0.1")) {
			t.Errorf("%s: %v, refused %v", actor, err, refused)
		}
	}
}
