package eventlog

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/parley-im/parley/im"
)

// nodeTable says who the members are now, and at which address a node host is reached. Raft groups know their members by
// NodeHostID only, so an address may change, and a node that was started on loopback can grow into a cluster. It is kept in
// the file nodes.json. Safe for concurrent use.
type nodeTable struct {
	// writing is held while the file is written. It comes before mu.
	writing sync.Mutex
	present atomic.Int64 // how many members there are

	mu sync.RWMutex
	// byID maps a NodeHostID to its node. A node that has left stays as long as a Raft group may still send to it.
	byID map[string]nodeInfo
	// highest is the highest number that any node is known to have had.
	highest uint64
	// unwritten says that the file lacks something.
	unwritten bool
}

type nodeInfo struct {
	Name string `json:"name"`
	ID   string `json:"node_host_id"`
	// Replica is the node's number; 0 in a file that was written before members could change.
	Replica uint64 `json:"replica,omitempty"`
	// Left says that it is no member any more.
	Left bool   `json:"left,omitempty"`
	Raft string `json:"raft"`
	// Actor is where the links between nodes reach it; empty where that is not known.
	Actor string `json:"actor,omitempty"`
}

const (
	nodesName = "nodes.json"
	nodesTemp = "nodes.json.tmp"
	// nodesFormat is the version of the file.
	nodesFormat = 2
)

// nodesFile is what the file holds.
type nodesFile struct {
	Format int        `json:"format"`
	Nodes  []nodeInfo `json:"nodes"`
}

func infoOf(m Member) nodeInfo {
	return nodeInfo{Name: m.Name, ID: m.NodeHostID, Replica: m.Replica, Raft: m.Raft, Actor: m.Actor}
}

// loadNodes reads the table of a directory that has formed. Where it says nothing of members they are the first ones, m's.
func loadNodes(dir string, m *manifest) (*nodeTable, error) {
	f := nodesFile{Format: nodesFormat}
	if err := readChecked(dir, nodesName, &f); err != nil && (m.Joined || !errors.Is(err, fs.ErrNotExist)) {
		return nil, plain(err)
	}
	if f.Format != nodesFormat {
		return nil, fmt.Errorf("it has format %d", f.Format)
	}
	t := &nodeTable{byID: make(map[string]nodeInfo)}
	t.put(f.Nodes...)
	t.unwritten = false
	if t.highest == 0 {
		for _, p := range m.Members {
			t.put(nodeInfo{Name: p.Name, ID: p.NodeHostID, Replica: p.Replica})
		}
	}
	if m.Joined && t.highest < m.Replica {
		return nil, errors.New("this node is not in it")
	}
	return t, nil
}

// writeNodes begins the table in dir with these members.
func writeNodes(dir string, members []Member) error {
	t := &nodeTable{byID: make(map[string]nodeInfo)}
	for _, m := range members {
		t.put(infoOf(m))
	}
	return t.write(dir)
}

// put notes what is known of nodes now. What is empty stays as it was.
func (t *nodeTable) put(nodes ...nodeInfo) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range nodes {
		t.putLocked(n)
	}
	t.countLocked()
}

func (t *nodeTable) putLocked(n nodeInfo) {
	old := t.byID[n.ID]
	n.Raft, n.Actor, n.Replica = cmp.Or(n.Raft, old.Raft), cmp.Or(n.Actor, old.Actor), cmp.Or(n.Replica, old.Replica)
	t.highest = max(t.highest, n.Replica)
	t.unwritten = t.unwritten || n != old
	t.byID[n.ID] = n
}

// set replaces the members, and reports whether they are others now, or elsewhere. The others have left.
func (t *nodeTable) set(members []Member, highest uint64) (changed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.unwritten
	t.unwritten = false
	for id, n := range t.byID {
		if !n.Left && !slices.ContainsFunc(members, func(m Member) bool { return m.NodeHostID == id }) {
			n.Left = true
			t.putLocked(n)
		}
	}
	for _, m := range members {
		t.putLocked(infoOf(m))
	}
	t.countLocked()
	changed = t.unwritten || highest > t.highest
	t.highest, t.unwritten = max(t.highest, highest), t.unwritten || before
	return changed
}

// forget drops the nodes that have left and that no Raft group sends to any more.
func (t *nodeTable) forget(inGroup func(replica uint64) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, n := range t.byID {
		if n.Left && !inGroup(n.Replica) {
			delete(t.byID, id)
			t.unwritten = true
		}
	}
}

// save writes the table to dir if the file lacks something. It may come from several goroutines.
func (t *nodeTable) save(dir string) error {
	t.writing.Lock()
	defer t.writing.Unlock()
	t.mu.RLock()
	due := t.unwritten
	t.mu.RUnlock()
	if !due {
		return nil
	}
	return t.write(dir)
}

func (t *nodeTable) write(dir string) error {
	t.mu.Lock()
	nodes := make([]nodeInfo, 0, len(t.byID))
	for _, n := range t.byID {
		nodes = append(nodes, n)
	}
	t.unwritten = false
	t.mu.Unlock()
	slices.SortFunc(nodes, func(a, b nodeInfo) int { return strings.Compare(a.ID, b.ID) })
	err := writeChecked(dir, nodesName, nodesTemp, nodesFile{Format: nodesFormat, Nodes: nodes})
	if err != nil {
		t.mu.Lock()
		t.unwritten = true
		t.mu.Unlock()
	}
	return err
}

// members returns those who are members now, by number.
func (t *nodeTable) members() []Member {
	t.mu.RLock()
	defer t.mu.RUnlock()
	all := make([]Member, 0, len(t.byID))
	for _, n := range t.byID {
		if n.Replica > 0 && !n.Left {
			all = append(all, Member{Name: n.Name, Replica: n.Replica, NodeHostID: n.ID, Raft: n.Raft, Actor: n.Actor})
		}
	}
	slices.SortFunc(all, func(a, b Member) int { return cmp.Compare(a.Replica, b.Replica) })
	return all
}

// count returns how many members there are.
func (t *nodeTable) count() int { return int(t.present.Load()) }

func (t *nodeTable) countLocked() {
	present := 0
	for _, n := range t.byID {
		if n.Replica > 0 && !n.Left {
			present++
		}
	}
	t.present.Store(int64(present))
}

func (t *nodeTable) left(id string) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.byID[id].Left
}

func (t *nodeTable) known() (highest uint64) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.highest
}

func (t *nodeTable) address(id string) (string, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	n, ok := t.byID[id]
	return n.Raft, ok && n.Raft != ""
}

// unusableNodes refuses a directory whose node table cannot be read.
func unusableNodes(dir string, err error) error {
	return refuse(im.Conflict, "the node table %s cannot be used: %v; restore the whole data directory", filepath.Join(dir, nodesName), err)
}
