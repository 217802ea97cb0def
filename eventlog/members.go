package eventlog

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/parley-im/parley/im"
)

// Member is a node of the cluster.
type Member struct {
	// Name is the node's name, unique in the cluster.
	Name string
	// Replica is its number in every Raft group, from 1. It is never used again.
	Replica uint64
	// NodeHostID is the UUID that its data directory drew. Raft groups know their members by it, whatever their addresses.
	NodeHostID string
	// Raft and Actor are the host:port that it is reached at: by Raft, and by the links between nodes. They may change from
	// start to start. The log does not use Actor, it only remembers it.
	Raft, Actor string
}

// checkMembers returns what is wrong with the members of a cluster to be formed by the node with this name and id.
func checkMembers(members []Member, name, id string) error {
	names, ids, replicas := map[string]bool{}, map[string]bool{}, map[uint64]bool{}
	self := false
	for _, m := range members {
		switch _, _, err := net.SplitHostPort(m.Raft); {
		case !im.UserID(m.Name).Valid() || !validUUID(m.NodeHostID) || m.Replica == 0:
			return fmt.Errorf("member %q with id %q and number %d is incomplete", m.Name, m.NodeHostID, m.Replica)
		case names[m.Name] || ids[m.NodeHostID] || replicas[m.Replica]:
			return fmt.Errorf("member %s, its id or its number is there twice", m.Name)
		case err != nil:
			return fmt.Errorf("the Raft address of member %s must be host:port, not %q", m.Name, m.Raft)
		case (m.Name == name) != (m.NodeHostID == id):
			return fmt.Errorf("member %s has id %s, this node is %s with id %s", m.Name, m.NodeHostID, name, id)
		}
		names[m.Name], ids[m.NodeHostID], replicas[m.Replica] = true, true, true
		self = self || m.Name == name
	}
	if !self {
		return fmt.Errorf("node %s is no member", name)
	}
	return nil
}

// listed returns the sorted names for a line of text.
func listed(names []string) string {
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// checkPeers refuses peers of which one is, or lacks, a member: they must be those that the cluster began with, or those
// that it has now, since a flag is seldom changed when a node comes or goes. No peers fit any cluster.
func (m *manifest) checkPeers(dir string, o *Options) error {
	if len(o.Peers) == 0 {
		return nil
	}
	nodes, err := loadNodes(dir, m)
	if err != nil {
		return unusableNodes(dir, err)
	}
	asked, first, present := []string{o.Node}, []string{}, []string{}
	for _, p := range o.Peers {
		asked = append(asked, p.Name)
	}
	for _, p := range m.Members {
		first = append(first, p.Name)
	}
	for _, p := range nodes.members() {
		present = append(present, p.Name)
	}
	known := slices.Concat(first, present)
	for _, all := range [][]string{first, present} {
		if len(all) > 0 && within(all, asked) && within(asked, known) {
			return nil
		}
	}
	return refuse(im.Conflict, "data directory %s belongs to the cluster of %s; it was started with --peers %s",
		dir, listed(present), listed(asked))
}

// within reports whether all holds every one of some.
func within(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// loadNodes reads the node table, and puts into it what the options say of where the members are. What they do not say
// stays as it was.
func (d *dataDir) loadNodes(o *Options) (*nodeTable, error) {
	nodes, err := loadNodes(d.path, d.m)
	if err != nil {
		return nil, unusableNodes(d.path, err)
	}
	self := nodeInfo{Name: o.Node, ID: d.m.NodeHostID, Replica: d.m.Replica, Raft: o.RaftAddr}
	for _, p := range o.Peers {
		if p.Name == o.Node {
			self.Actor = p.Actor
			continue
		}
		for _, m := range nodes.members() {
			if m.Name == p.Name {
				m.Raft, m.Actor = p.Raft, p.Actor
				nodes.put(infoOf(m))
			}
		}
	}
	self.Left = nodes.left(self.ID)
	nodes.put(self)
	return nodes, nil
}

// Members returns the members of the cluster by number, as SetMembers was told last, in this life or one before; until then
// they are the first ones, or those that Join was told. This node is among them until it is removed.
func (l *Log) Members() []Member { return l.nodes.members() }

// SetMembers tells the log who the members of the cluster are now, by the cluster's own record of them, and the highest number
// that any node was ever given. It keeps them, with their addresses, for the next start, and from then on brings every Raft
// group that this node leads to these members, in the background: who is missing is added, and votes once it has caught up;
// who is not among them is removed, this node included. Numbers above highest are of members that this node has not heard of
// yet, and are left alone. An address that is empty stays what it was.
//
// It may come as often as one likes, from any goroutine, and costs little when nothing has changed. It does nothing on a log that
// is closed, and with no members, or one that has no number or id.
func (l *Log) SetMembers(members []Member, highest uint64) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed || len(members) == 0 {
		return
	}
	if slices.ContainsFunc(members, func(m Member) bool { return m.Replica == 0 || m.NodeHostID == "" }) {
		l.o.Logger.Error("a member without a number or an id: the members stay as they are")
		return
	}
	if !l.nodes.set(members, highest) {
		return
	}
	l.keepMembers()
	signal(l.membersChanged)
}

// keepMembers writes the node table where it is not written yet. What cannot be written is tried again.
func (l *Log) keepMembers() {
	if err := l.nodes.save(l.dir.path); err != nil {
		l.o.Logger.Error("the members cannot be written", "dir", l.dir.path, "err", plain(err))
	}
}

// alone reports whether this node is the only member.
func (l *Log) alone() bool { return l.nodes.count() < 2 }
