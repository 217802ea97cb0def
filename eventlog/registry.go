package eventlog

import (
	"errors"
	"sync"

	"github.com/lni/dragonboat/v4/config"
	"github.com/lni/dragonboat/v4/raftio"
)

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
