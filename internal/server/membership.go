package server

import (
	"errors"
	"fmt"
	"sync"

	"github.com/parley-im/parley/cluster/formation"
	"github.com/parley-im/parley/cluster/roster"
	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// membership is what this node says of itself and of the others, and holds them to. Safe for concurrent use.
type membership struct {
	node       string
	nodeHostID string
	shards     uint32
	clock      func() im.Millis
	// place is where the others reach this node; nil = it does not say.
	place *pb.Place
	// proven says that the nodes prove themselves.
	proven bool
	// takesPart reports whether some shard has a replica. It must not ask the membership.
	takesPart func(replica uint64) bool
	// guests are members that were not so, or not there, when they asked. Overflow: they are forgotten, and ask again.
	guests chan roster.Member

	mu struct {
		sync.Mutex
		// cluster is the cluster's id, "" until it has formed; terms are the sum of what its first members agreed upon.
		cluster string
		terms   []byte
		buckets eventlog.Buckets
		// roster is what is known of the members, isRead that it was read from the cluster's own record.
		roster roster.Roster
		isRead bool
	}
}

func (m *membership) agreed(terms formation.Terms) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mu.terms = terms.Sum()
}

func (m *membership) formed(cluster string, buckets eventlog.Buckets, members []eventlog.Member) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mu.cluster, m.mu.buckets, m.mu.roster = cluster, buckets, roster.First(rosterMembers(members))
}

func (m *membership) read(r roster.Roster) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mu.roster, m.mu.isRead = r, true
}

// known is what is known of the members.
func (m *membership) known() roster.Roster {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mu.roster
}

// hasRead reports whether the cluster's own record of the members was read.
func (m *membership) hasRead() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mu.isRead
}

// hello is what this node says of itself to a peer that has said hello, nil = to one that it dials.
func (m *membership) hello(peer *pb.Hello) *pb.Hello {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := &pb.Hello{NodeHostId: m.nodeHostID, Cluster: m.mu.cluster, Formation: m.mu.terms}
	switch {
	case peer == nil:
		h.Join = m.place
	case peer.GetJoin() != nil && !peer.GetTunnel() && m.mu.isRead:
		h.Roster = m.rosterLocked(peer)
	}
	return h
}

// rosterLocked is the roster as one who asks is told.
func (m *membership) rosterLocked(peer *pb.Hello) *pb.Roster {
	r := m.mu.roster
	gone, left := r.Gone(peer.GetNodeHostId())
	answer := &pb.Roster{
		Shards: m.shards, Members: roster.Encoded(r.Members),
		Bucket: int64(m.mu.buckets.Usual), StrangersBucket: int64(m.mu.buckets.Strangers),
		Invited: r.Invited(peer.GetNode(), m.clock()), Left: left, Removed: left && !m.takesPart(gone.Replica),
	}
	if _, err := m.admitLocked(peer); err != nil {
		answer.Refused = userText(err)
	}
	return answer
}

// asked is told of a node that has proven itself and asks. One that is to be let in, or that is elsewhere than was known, is put
// among the guests.
func (m *membership) asked(peer *pb.Hello) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if peer.GetJoin() == nil || !m.mu.isRead {
		return
	}
	if events, err := m.admitLocked(peer); err != nil || len(events) == 0 {
		return
	}
	select {
	case m.guests <- memberOf(peer):
	default:
	}
}

// admitLocked returns what the roster says to a node that asks to be let in.
func (m *membership) admitLocked(peer *pb.Hello) ([]*pb.Event, error) {
	if c := peer.GetCluster(); c != "" && c != m.mu.cluster {
		return nil, im.E("server.admit", im.Conflict, "its data directory belongs to another cluster")
	}
	guest := memberOf(peer)
	if _, member := m.mu.roster.WithID(guest.NodeHostID); member && peer.GetJoin().GetListed() {
		return nil, nil // each node was told by its operator where that one is; these may be different ways to it
	}
	if !m.proven && wantSecret([]string{guest.Raft, guest.Actor}) != nil {
		return nil, im.E("server.admit", im.Conflict, "the cluster has no secret (--cluster-secret-file) and no certificates (--cluster-cert), so only nodes on loopback addresses may join")
	}
	return m.mu.roster.Admit(guest, m.clock())
}

func memberOf(peer *pb.Hello) roster.Member {
	return roster.Member{
		Name: peer.GetNode(), NodeHostID: peer.GetNodeHostId(), Raft: peer.GetJoin().GetRaft(), Actor: peer.GetJoin().GetActor(),
	}
}

// check refuses a node that is not the member of its name. The text is for the operators of both.
func (m *membership) check(peer *pb.Hello) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	name := peer.GetNode()
	member, found := m.mu.roster.Named(name)
	gone, left := m.mu.roster.Gone(peer.GetNodeHostId())
	refuse := func(format string, args ...any) error {
		return im.E("server.members", im.NotPermitted, fmt.Sprintf(format, args...))
	}
	switch {
	case peer.GetCluster() != m.mu.cluster:
		return refuse("%s and %s live in different clusters", m.node, name)
	case left && !found && m.takesPart(gone.Replica):
		return nil
	case left:
		return refuse("%s was removed from the cluster", name)
	case !found:
		return refuse("%s is no member of the cluster as %s knows it", name, m.node)
	case peer.GetNodeHostId() != member.NodeHostID:
		return refuse("%s has another data directory than %s knows", name, m.node)
	}
	return nil
}

// rosterMembers are members as the roster has them.
func rosterMembers(members []eventlog.Member) (out []roster.Member) {
	for _, m := range members {
		out = append(out, roster.Member{Name: m.Name, Replica: m.Replica, NodeHostID: m.NodeHostID, Raft: m.Raft, Actor: m.Actor})
	}
	return out
}

// logMembers are members as the log has them.
func logMembers(members []roster.Member) (out []eventlog.Member) {
	for _, m := range members {
		out = append(out, eventlog.Member{Name: m.Name, Replica: m.Replica, NodeHostID: m.NodeHostID, Raft: m.Raft, Actor: m.Actor})
	}
	return out
}

// userText is what an error says to people, without where it came from.
func userText(err error) string {
	var e *im.Error
	if errors.As(err, &e) {
		return e.UserText()
	}
	return err.Error()
}
