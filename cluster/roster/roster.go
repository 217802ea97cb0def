package roster

import (
	"maps"
	"slices"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

const (
	// MaxMembers bounds a cluster. Each shard is on three of its nodes however many there are, but each node has a link to each
	// other, and more would want more shards to share.
	MaxMembers = 7
	// InvitationTime is how long an invitation counts.
	InvitationTime = 24 * time.Hour
)

// Member is a node of the cluster.
type Member struct {
	// Name is unique among the members.
	Name string
	// Replica is its number in every Raft group, from 1. It is never used again.
	Replica uint64
	// NodeHostID is the UUID that its data directory drew.
	NodeHostID string
	// Raft and Actor are where the others reach it, HOST:PORT.
	Raft, Actor string
	// Drained says that it is to lead nothing, and to let its clients go.
	Drained bool
}

// Roster says who the nodes of the cluster are. It is never changed: nor must its slices and maps be.
type Roster struct {
	// Founded is false while the record is empty: Members are then what this node was formed with.
	Founded bool
	// Members are in the order of their numbers.
	Members []Member
	// Invitations holds when each name was invited. One that is too old is still here: see Invited.
	Invitations map[string]im.Millis
	// Left are the members that there were, in the order in which they went.
	Left []Member
	// Highest is the highest number that a member ever had.
	Highest uint64
}

// First returns the roster of a cluster of these members, of which nothing was written down.
func First(members []Member) Roster {
	return Roster{Members: byNumber(members), Highest: highest(0, members)}
}

func byNumber(members []Member) []Member {
	return slices.SortedFunc(slices.Values(members), func(a, b Member) int { return int(int64(a.Replica) - int64(b.Replica)) })
}

func highest(known uint64, members []Member) uint64 {
	for _, m := range members {
		known = max(known, m.Replica)
	}
	return known
}

// Named returns the member of that name.
func (r Roster) Named(name string) (Member, bool) {
	return find(r.Members, func(m Member) bool { return m.Name == name })
}

// WithID returns the member with that data directory.
func (r Roster) WithID(nodeHostID string) (Member, bool) {
	return find(r.Members, func(m Member) bool { return m.NodeHostID == nodeHostID })
}

// Gone returns the member that the data directory was, if it is none any more.
func (r Roster) Gone(nodeHostID string) (Member, bool) {
	return find(r.Left, func(m Member) bool { return m.NodeHostID == nodeHostID })
}

// Present returns the members, and those who are none any more but take part in the shards still, unless another one has their
// name.
func (r Roster) Present(takesPart func(replica uint64) bool) []Member {
	present := slices.Clone(r.Members)
	for _, m := range r.Left {
		if _, named := r.Named(m.Name); !named && takesPart(m.Replica) {
			present = append(present, m)
		}
	}
	return present
}

// Invited reports whether a node of that name may join.
func (r Roster) Invited(name string, now im.Millis) bool {
	at, ok := r.Invitations[name]
	return ok && now < at+im.Millis(InvitationTime.Milliseconds())
}

func find(members []Member, is func(Member) bool) (Member, bool) {
	i := slices.IndexFunc(members, is)
	if i < 0 {
		return Member{}, false
	}
	return members[i], true
}

// fold returns the roster after one more event.
func (r Roster) fold(ts im.Millis, e *pb.Event) Roster {
	switch b := e.GetBody().(type) {
	case *pb.Event_NodesFounded:
		first := First(membersOf(b.NodesFounded.GetMembers()))
		first.Founded = true
		return first
	case *pb.Event_NodeInvited:
		r.Invitations = maps.Clone(r.Invitations)
		if r.Invitations == nil {
			r.Invitations = map[string]im.Millis{}
		}
		r.Invitations[b.NodeInvited.GetName()] = ts
	case *pb.Event_NodeJoined:
		return r.joined(memberOf(b.NodeJoined.GetNode()))
	case *pb.Event_NodeLeft:
		r = r.withoutInvitation(b.NodeLeft.GetName())
		return r.without(func(m Member) bool { return m.Replica == b.NodeLeft.GetReplica() })
	case *pb.Event_NodeMoved:
		return r.with(b.NodeMoved.GetReplica(), func(m *Member) { m.Raft, m.Actor = b.NodeMoved.GetRaft(), b.NodeMoved.GetActor() })
	case *pb.Event_NodeDrained:
		return r.with(b.NodeDrained.GetReplica(), func(m *Member) { m.Drained = b.NodeDrained.GetOn() })
	}
	return r
}

func (r Roster) joined(m Member) Roster {
	r = r.withoutInvitation(m.Name).without(func(old Member) bool { return old.Name == m.Name })
	r.Members = byNumber(append(slices.Clone(r.Members), m))
	r.Highest = max(r.Highest, m.Replica)
	return r
}

func (r Roster) withoutInvitation(name string) Roster {
	r.Invitations = maps.Clone(r.Invitations)
	delete(r.Invitations, name)
	return r
}

// without moves members to those who left.
func (r Roster) without(gone func(Member) bool) Roster {
	var members []Member
	for _, m := range r.Members {
		if gone(m) {
			r.Left = append(slices.Clip(r.Left), m)
			continue
		}
		members = append(members, m)
	}
	r.Members = members
	return r
}

// with changes the member with that number, if there is one.
func (r Roster) with(replica uint64, change func(*Member)) Roster {
	r.Members = slices.Clone(r.Members)
	for i := range r.Members {
		if r.Members[i].Replica == replica {
			change(&r.Members[i])
		}
	}
	return r
}

func memberOf(n *pb.ClusterNode) Member {
	return Member{Name: n.GetName(), Replica: n.GetReplica(), NodeHostID: n.GetNodeHostId(), Raft: n.GetRaft(), Actor: n.GetActor()}
}

func membersOf(nodes []*pb.ClusterNode) (members []Member) {
	for _, n := range nodes {
		members = append(members, memberOf(n))
	}
	return members
}

// Encoded returns the members as they travel and are stored. Whether they are drained is not part of it.
func Encoded(members []Member) (nodes []*pb.ClusterNode) {
	for _, m := range members {
		nodes = append(nodes, encoded(m))
	}
	return nodes
}

func encoded(m Member) *pb.ClusterNode {
	return &pb.ClusterNode{Name: m.Name, Replica: m.Replica, NodeHostId: m.NodeHostID, Raft: m.Raft, Actor: m.Actor}
}

// Decoded returns the members that Encoded has made.
func Decoded(nodes []*pb.ClusterNode) []Member { return membersOf(nodes) }
