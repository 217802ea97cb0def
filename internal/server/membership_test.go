package server

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/parley-im/parley/cluster/attendance"
	"github.com/parley-im/parley/cluster/roster"
	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

const (
	id1 = "00000001-0000-4000-8000-000000000001"
	id2 = "00000002-0000-4000-8000-000000000001"
	id3 = "00000003-0000-4000-8000-000000000001"
	old = "00000002-0000-4000-8000-000000000000"
)

// ofTwo is node1's membership in a cluster of two, of which node2 has replaced another; node3 is invited.
func ofTwo(takesPart bool) *membership {
	m := &membership{
		node: "node1", nodeHostID: id1, shards: 4, clock: func() im.Millis { return 5 }, proven: true,
		takesPart: func(uint64) bool { return takesPart }, guests: make(chan roster.Member, 1),
	}
	m.formed("c", eventlog.Buckets{Usual: 7, Strangers: 8}, nil)
	r := roster.First([]roster.Member{
		{Name: "node1", Replica: 1, NodeHostID: id1, Raft: "h1:1", Actor: "h1:2"},
		{Name: "node2", Replica: 3, NodeHostID: id2, Raft: "h2:1", Actor: "h2:2"},
	})
	r.Left = []roster.Member{{Name: "node2", Replica: 2, NodeHostID: old}, {Name: "node9", Replica: 9, NodeHostID: "id9"}}
	r.Invitations = map[string]im.Millis{"node3": 1}
	m.read(r)
	return m
}

func asker(name, id, actor string) *pb.Hello {
	return &pb.Hello{Node: name, NodeHostId: id, Join: &pb.Place{Raft: "h3:1", Actor: actor}}
}

// listed is an asker whose operator lists the addresses of all.
func listed(h *pb.Hello) *pb.Hello {
	h.Join.Listed = true
	return h
}

// Whoever wants a link has to be the member of its name, or one that is on its way out.
//
// Checked by breaking it: without the first case a node of another cluster passes.
func TestMembership_ChecksWhoWantsALink(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		peer    *pb.Hello
		leaving bool
		want    string // "" = it is welcome
	}{
		{&pb.Hello{Node: "node2", NodeHostId: id2, Cluster: "c"}, false, ""},
		{&pb.Hello{Node: "node2", NodeHostId: id2, Cluster: "d"}, false, "different clusters"},
		{&pb.Hello{Node: "node2", NodeHostId: id3, Cluster: "c"}, false, "another data directory"},
		{&pb.Hello{Node: "node2", NodeHostId: old, Cluster: "c"}, true, "node2 was removed from the cluster"},
		{&pb.Hello{Node: "node9", NodeHostId: "id9", Cluster: "c"}, false, "node9 was removed from the cluster"},
		{&pb.Hello{Node: "node9", NodeHostId: "id9", Cluster: "c"}, true, ""},
		{&pb.Hello{Node: "node3", NodeHostId: id3, Cluster: "c"}, false, "node3 is no member"},
	} {
		err := ofTwo(c.leaving).check(c.peer)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v, leaving %v: %v, want %q", c.peer, c.leaving, err, c.want)
		}
	}
}

// Who asks is told who the members are and how it stands with itself; who is to be let in, or is elsewhere than was known, becomes
// a guest; the rest does not.
func TestMembership_AnswersWhoAsks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		peer    *pb.Hello
		change  func(*membership)
		roster  string // invited removed refused
		becomes bool   // a guest
	}{
		"invited":                     {peer: asker("node3", id3, "h3:2"), roster: "true false ", becomes: true},
		"invited, at our address":     {peer: asker("node3", id3, "h1:2"), roster: "true false h1:2 is the address of node1"},
		"not invited":                 {peer: asker("node4", id3, "h3:2"), roster: "false false "},
		"of another cluster":          {peer: &pb.Hello{Node: "node3", NodeHostId: id3, Cluster: "d", Join: &pb.Place{Raft: "h3:1", Actor: "h3:2"}}, roster: "true false its data directory belongs to another cluster"},
		"a member elsewhere":          {peer: asker("node2", id2, "h3:2"), roster: "false false ", becomes: true},
		"a member with --peers":       {peer: listed(asker("node2", id2, "h3:2")), roster: "false false "},
		"invited, with --peers":       {peer: listed(asker("node3", id3, "h3:2")), roster: "true false ", becomes: true},
		"replaced":                    {peer: asker("node2", old, "h2:2"), roster: "false true "},
		"replaced, and still there":   {peer: asker("node2", old, "h2:2"), change: func(m *membership) { m.takesPart = func(uint64) bool { return true } }, roster: "false false "},
		"invited, without a secret":   {peer: asker("node3", id3, "h3:2"), change: func(m *membership) { m.proven = false }, roster: "true false the cluster has no secret (--cluster-secret-file) and no certificates (--cluster-cert), so only nodes on loopback addresses may join"},
		"asks before we know":         {peer: asker("node3", id3, "h3:2"), change: func(m *membership) { m.mu.isRead = false }},
		"does not want to be let in":  {peer: &pb.Hello{Node: "node3", NodeHostId: id3}},
		"invited, when too many wait": {peer: asker("node3", id3, "h3:2"), change: func(m *membership) { m.guests = make(chan roster.Member) }, roster: "true false "},
	} {
		m := ofTwo(false)
		if c.change != nil {
			c.change(m)
		}
		said := ""
		if r := m.hello(c.peer).GetRoster(); r != nil {
			said = strings.TrimPrefix(strings.Join([]string{"", boolText(r.GetInvited()), boolText(r.GetRemoved()), r.GetRefused()}, " "), " ")
			if r.GetShards() != 4 || r.GetBucket() != 7 || r.GetStrangersBucket() != 8 || len(r.GetMembers()) != 2 {
				t.Errorf("%s: told %v", name, r)
			}
		}
		m.asked(c.peer)
		if said != c.roster || len(m.guests) > 0 != c.becomes {
			t.Errorf("%s: told %q, %d guests; want %q, %v", name, said, len(m.guests), c.roster, c.becomes)
		}
	}
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// A node that leads before it is known by its name is known to attendance by it afterwards: what is there of its shard is told it.
//
// Checked by breaking it: when setNames tells nobody, attendance has no owner to tell.
func TestFollowers_HearTheNameOfAnEarlyLeader(t *testing.T) {
	t.Parallel()
	sent := make(chan string, 1)
	a := attendance.New(attendance.Options{
		Node: "node1", Shards: 4, Links: sender(func(to string) { sent <- to }), Nudge: func(*pb.Nudge) {}, Logger: slog.New(slog.DiscardHandler),
	})
	defer a.Close()
	f := &followers{names: map[uint64]string{1: "node1"}, attendance: a, then: func(im.ShardID, uint64, uint64) {}}
	a.PeerUp("node2")
	f.LeaderChanged(1, 2, 5)
	if len(sent) > 0 {
		t.Fatal("told somebody though the leader has no name")
	}
	f.setNames(map[uint64]string{1: "node1", 2: "node2"})
	select {
	case to := <-sent:
		if to != "node2" {
			t.Errorf("told %s, want node2", to)
		}
	default:
		t.Error("nobody was told")
	}
}

// sender notes where frames go.
type sender func(to string)

func (s sender) Send(to string, _ *pb.Frame) error {
	s(to)
	return nil
}
