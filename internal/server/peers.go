package server

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/parley-im/parley/cluster/roster"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

const (
	// MinPeers is the smallest cluster that survives the loss of a node. A node without peers is a cluster of one.
	MinPeers = 3
	// MaxPeers bounds a cluster.
	MaxPeers = roster.MaxMembers
	// MinSecret and MaxSecret bound a cluster's secret, in bytes. Sixteen that were drawn cannot be guessed.
	MinSecret = 16
	// MaxSecret is longer than any key.
	MaxSecret = 4096
)

// Peer is one of the first members of a cluster, and where the others reach it.
type Peer struct {
	// Name is the node's name, unique in the cluster.
	Name string
	// Raft and Actor are its addresses, HOST:PORT, for the log's replicas and for the actors of other nodes.
	Raft, Actor string
}

// ParsePeer parses NAME=RAFT/ACTOR, the form of the --peers flag. Validate looks at what it says.
func ParsePeer(s string) (Peer, error) {
	name, addrs, named := strings.Cut(s, "=")
	raft, actor, both := strings.Cut(addrs, "/")
	if !named || !both {
		return Peer{}, errors.New("a peer is NAME=RAFT/ACTOR, with two HOST:PORT")
	}
	return Peer{Name: name, Raft: raft, Actor: actor}, nil
}

// self returns this node among the peers, or ok = false.
func (o *Options) self() (p Peer, ok bool) {
	for _, p := range o.Peers {
		if p.Name == o.Node {
			return p, true
		}
	}
	return Peer{}, false
}

// checkPeers returns everything that is wrong with the peers and the secret.
func (o *Options) checkPeers() error {
	problems := []error{o.checkSecret()}
	if len(o.Peers) == 0 {
		return errors.Join(problems...)
	}
	_, among := o.self()
	problems = append(problems,
		check(len(o.Peers) >= MinPeers && len(o.Peers) <= MaxPeers, "peers: from %d to %d, not %d", MinPeers, MaxPeers, len(o.Peers)),
		check(among, "peers: this node, %s (--node), must be among them", o.Node))
	names, addrs := map[string]bool{}, map[string]bool{}
	for _, p := range o.Peers {
		problems = append(problems, checkNode("peer", p.Name), check(!names[p.Name], "peer %q: given twice", p.Name))
		names[p.Name] = true
		for _, addr := range []string{p.Raft, p.Actor} {
			problems = append(problems, checkDialled(p.Name, addr), check(!addrs[addr], "peer %q: %s is given twice", p.Name, addr))
			addrs[addr] = true
		}
	}
	return errors.Join(problems...)
}

func checkNode(what, name string) error {
	return check(im.AppID(name).Valid(), "%s %q: 1-64 characters of A-Z a-z 0-9 _ -", what, name)
}

// checkDialled is checkAddr for an address that others must be able to dial.
func checkDialled(name, addr string) error {
	return check(roster.CheckAddr(addr) == nil, "peer %q, %q: must be HOST:PORT with a host that the others reach", name, addr)
}

// place is where the others reach this node, nil when it can not say: it listens on all addresses, and was not told by which of
// them it is known.
func (o *Options) place() *pb.Place {
	self, _ := o.self()
	p := &pb.Place{
		Raft:  cmp.Or(o.AdvertiseRaft, self.Raft, o.RaftListen),
		Actor: cmp.Or(o.AdvertiseActor, self.Actor, o.ActorListen),
	}
	p.Listed = len(o.Peers) > 0 && o.AdvertiseRaft == "" && o.AdvertiseActor == ""
	if roster.CheckAddr(p.Raft) != nil || roster.CheckAddr(p.Actor) != nil {
		return nil
	}
	return p
}

// checkJoin returns everything that is wrong with joining, and with the addresses that this node says it has.
func (o *Options) checkJoin() error {
	reached := func(name, addr string) error {
		return check(addr == "" || roster.CheckAddr(addr) == nil, "%s %q: must be HOST:PORT with a host that the others reach", name, addr)
	}
	problems := []error{reached("advertise-raft", o.AdvertiseRaft), reached("advertise-actor", o.AdvertiseActor), reached("join", o.Join)}
	if o.Join == "" {
		return errors.Join(problems...)
	}
	return errors.Join(append(problems,
		check(len(o.Peers) == 0, "join: not together with --peers"),
		check(o.Join != o.ActorListen, "join %s: that is this node's own --actor-listen; name a member's", o.Join),
		check(o.place() != nil, "join: the others must know where this node is: give --advertise-raft and --advertise-actor, or listen on one address"),
	)...)
}

// checkSecret asks for a secret, or certificates, unless all that the nodes of the cluster say stays on this machine.
func (o *Options) checkSecret() error {
	if n := len(o.ClusterSecret); n > 0 {
		return check(n >= MinSecret && n <= MaxSecret, "cluster secret of %d bytes: from %d to %d", n, MinSecret, MaxSecret)
	}
	if o.proves() {
		return nil
	}
	addrs := []string{o.ActorListen} // of a node that is alone, too: it takes guests there
	if len(o.Peers) > 0 || o.Join != "" {
		addrs = append(addrs, o.RaftListen)
	}
	if o.Join != "" {
		addrs = append(addrs, o.Join)
	}
	for _, p := range o.Peers {
		addrs = append(addrs, p.Raft, p.Actor)
	}
	return wantSecret(addrs)
}

// proves reports whether the members of the cluster prove themselves to each other.
func (o *Options) proves() bool { return len(o.ClusterSecret) > 0 || !o.Certs.None() }

// wantSecret returns an error that names the first address that is not on loopback.
func wantSecret(addrs []string) error {
	for _, addr := range addrs {
		if !isLoopback(addr) {
			return fmt.Errorf("cluster-secret-file: needed, since %s is not a loopback address; or certificates: cluster-cert, cluster-key, cluster-ca", addr)
		}
	}
	return nil
}

// isLoopback reports whether nobody but this machine reaches addr. One without a host and port is somebody else's problem.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err != nil || isLoopbackHost(host)
}

// isLoopbackHost reports whether a host, without a port, is this machine by its name or address.
func isLoopbackHost(host string) bool {
	ip, _ := netip.ParseAddr(host)
	return host == "localhost" || ip.Unmap().IsLoopback()
}
