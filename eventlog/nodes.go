package eventlog

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/lni/dragonboat/v4/config"
	"github.com/lni/dragonboat/v4/raftio"
)

// nodeTable says at which address a node host is reached now. Raft groups know their members by NodeHostID only, so an
// address may change, and a node that was started on loopback can grow into a cluster. It is kept in the file
// nodes.json. Safe for concurrent use.
type nodeTable struct {
	mu sync.RWMutex
	// byID maps a NodeHostID to its node.
	byID map[string]nodeInfo
}

type nodeInfo struct {
	Name string `json:"name"`
	ID   string `json:"node_host_id"`
	Raft string `json:"raft"`
}

const (
	nodesName = "nodes.json"
	nodesTemp = "nodes.json.tmp"
)

// loadNodes reads the table in dir and puts this node's present address into it.
func loadNodes(dir string, self nodeInfo) (*nodeTable, error) {
	t := &nodeTable{byID: make(map[string]nodeInfo)}
	b, err := os.ReadFile(filepath.Join(dir, nodesName))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var nodes []nodeInfo
	if err == nil {
		if err := json.Unmarshal(b, &nodes); err != nil {
			return nil, err
		}
	}
	for _, n := range nodes {
		t.byID[n.ID] = n
	}
	if t.byID[self.ID] == self {
		return t, nil
	}
	t.byID[self.ID] = self
	return t, t.write(dir)
}

func (t *nodeTable) write(dir string) error {
	nodes := make([]nodeInfo, 0, len(t.byID))
	for _, n := range t.byID {
		nodes = append(nodes, n)
	}
	slices.SortFunc(nodes, func(a, b nodeInfo) int { return strings.Compare(a.ID, b.ID) })
	b, err := json.MarshalIndent(nodes, "", "  ")
	if err != nil {
		return err
	}
	return writeFileAtomic(dir, nodesName, nodesTemp, append(b, '\n'))
}

func (t *nodeTable) address(id string) (string, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	n, ok := t.byID[id]
	return n.Raft, ok
}

// Create implements config.NodeRegistryFactory.
func (t *nodeTable) Create(string, uint64, config.TargetValidator) (raftio.INodeRegistry, error) {
	return &registry{table: t, targets: make(map[member]string)}, nil
}

type member struct{ shard, replica uint64 }

// registry resolves the members of dragonboat's groups over the node table. Safe for concurrent use.
type registry struct {
	table *nodeTable

	mu sync.RWMutex
	// targets maps a member to its NodeHostID.
	targets map[member]string
}

// errUnknownTarget is returned for a member whose address nobody knows yet; dragonboat tries again.
var errUnknownTarget = errors.New("eventlog: no address is known for the target")

// Close implements raftio.INodeRegistry.
func (r *registry) Close() error { return nil }

// Add implements raftio.INodeRegistry.
func (r *registry) Add(shard, replica uint64, target string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.targets[member{shard, replica}] = target
}

// Remove implements raftio.INodeRegistry.
func (r *registry) Remove(shard, replica uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.targets, member{shard, replica})
}

// RemoveShard implements raftio.INodeRegistry.
func (r *registry) RemoveShard(shard uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for m := range r.targets {
		if m.shard == shard {
			delete(r.targets, m)
		}
	}
}

// Resolve implements raftio.INodeRegistry: the present address of a member, and the key by which connections are
// shared. All shards share one connection per address.
func (r *registry) Resolve(shard, replica uint64) (addr, key string, err error) {
	r.mu.RLock()
	id, ok := r.targets[member{shard, replica}]
	r.mu.RUnlock()
	if ok {
		addr, ok = r.table.address(id)
	}
	if !ok {
		return "", "", errUnknownTarget
	}
	return addr, addr, nil
}
