package eventlog

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"

	"github.com/parley-im/parley/im"
)

// A shard may leave a node and come back to it, but Raft never takes the id of a replica twice: so an id is the number of the
// node, and above it which of the node's lives in that group it is. The first is 0: there the id is the number.
const lifeShift = 32

// numberOf returns the number of the node that has a Raft replica, lifeOf which of its lives in the group that is.
func numberOf(raft uint64) uint64 { return raft & (1<<lifeShift - 1) }

func lifeOf(raft uint64) uint64 { return raft >> lifeShift }

func raftReplica(number, life uint64) uint64 { return life<<lifeShift | number }

// holdings says which replicas a directory has. It is kept in the file replicas.json. Safe for concurrent use.
type holdings struct {
	dir string

	mu sync.RWMutex
	of []holding // by im.ShardID
}

// holding is what a directory has of a shard.
type holding struct {
	// Raft is the id of the replica that is here, 0 for none.
	Raft uint64 `json:"raft,omitempty"`
	// Ended is how many lives of this node in the shard's group are over. They never begin again: what they have voted is not
	// known here any more.
	Ended uint64 `json:"ended,omitempty"`
	// Dropping says that what the last life has left may be there still.
	Dropping bool `json:"dropping,omitempty"`
}

const (
	holdingsName = "replicas.json"
	holdingsTemp = "replicas.json.tmp"
	// holdingsFormat is the version of the file.
	holdingsFormat = 1
)

// holdingsFile is what the file holds.
type holdingsFile struct {
	Format int       `json:"format"`
	Shards []holding `json:"shards"` // by im.ShardID
}

// loadHoldings reads the file of a directory that has formed. As long as there is none, a first member has what it began with.
func loadHoldings(dir string, m *manifest) (*holdings, error) {
	if m.Shards > MaxShards {
		return nil, fmt.Errorf("%d shards are too many", m.Shards)
	}
	h := &holdings{dir: dir, of: m.firstHoldings()}
	var f holdingsFile
	switch err := readChecked(dir, holdingsName, &f); {
	case errors.Is(err, fs.ErrNotExist) && !m.Joined:
		return h, nil
	case err != nil:
		return nil, plain(err)
	}
	if f.Format != holdingsFormat || len(f.Shards) != len(h.of) {
		return nil, fmt.Errorf("it has format %d and %d shards", f.Format, len(f.Shards))
	}
	for i, s := range f.Shards {
		if s.Raft != 0 && (numberOf(s.Raft) != m.Replica || lifeOf(s.Raft) < s.Ended || s.Dropping) {
			return nil, fmt.Errorf("shard %d cannot have replica %d", i, s.Raft)
		}
	}
	h.of = f.Shards
	return h, nil
}

// firstHoldings are those that a directory begins with: a first member has what Assignment gives it, who joins the cluster's own
// shard, where it hears of the others.
func (m *manifest) firstHoldings() []holding {
	of := make([]holding, m.Shards+1)
	for s := range of {
		if s == int(im.ClusterShard) || !m.Joined && slices.Contains(m.firstReplicas(im.ShardID(s)), m.Replica) {
			of[s].Raft = raftReplica(m.Replica, 0)
		}
	}
	return of
}

// firstReplicas are the numbers of those members with which a shard's group began; nil where this node joined.
func (m *manifest) firstReplicas(id im.ShardID) []uint64 {
	var numbers []uint64
	for _, p := range m.Members {
		numbers = append(numbers, p.Replica)
	}
	if len(numbers) == 0 {
		return nil
	}
	return Assignment(numbers, m.Shards)[id]
}

// writeHoldings begins the file of a directory.
func writeHoldings(dir string, m *manifest) error {
	return (&holdings{dir: dir}).write(m.firstHoldings())
}

func (h *holdings) get(id im.ShardID) holding {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.of[id]
}

// set notes what the directory has of a shard. It is synced before set returns; when it cannot be written nothing changes.
func (h *holdings) set(id im.ShardID, now holding) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	next := slices.Clone(h.of)
	next[id] = now
	if err := h.write(next); err != nil {
		return fmt.Errorf("%s in %s cannot be written: %w", holdingsName, h.dir, plain(err))
	}
	h.of = next
	return nil
}

func (h *holdings) write(of []holding) error {
	return writeChecked(h.dir, holdingsName, holdingsTemp, holdingsFile{Format: holdingsFormat, Shards: of})
}

// unusableHoldings refuses a directory whose list of replicas cannot be read.
func unusableHoldings(dir string, err error) error {
	return refuse(im.Conflict, "the list of replicas %s cannot be used: %v; restore the whole data directory",
		filepath.Join(dir, holdingsName), err)
}
