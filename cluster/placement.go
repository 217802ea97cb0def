package cluster

import (
	"sync"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/mailbox"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// leadership says who leads a shard. The zero value means that nobody does.
type leadership struct {
	replica uint64
	term    uint64
}

// placement knows the leader of every shard, and keeps the owners of those that this node leads.
type placement struct {
	node *Node

	mu sync.RWMutex
	// leaders is indexed by shard; the cluster's own shard 0 has no actors and is not placed.
	leaders []leadership
	// owners holds the owner of each shard that this node leads.
	owners map[im.ShardID]owned
	// pids are the owners that were asked for last, wherever they are, by shard: each is asked for again and again. All who ask share
	// one, and change nothing of it.
	pids   []atomic.Pointer[owned]
	spawn  func(shard im.ShardID, term uint64) *actor.Props
	closed bool
}

type owned struct {
	pid  *actor.PID
	term uint64
}

func newPlacement(n *Node, shards uint32) *placement {
	return &placement{
		node: n, leaders: make([]leadership, shards+1), owners: map[im.ShardID]owned{}, pids: make([]atomic.Pointer[owned], shards+1),
	}
}

// serve lets owners be spawned, first for what this node leads already.
func (p *placement) serve(spawn func(shard im.ShardID, term uint64) *actor.Props) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spawn = spawn
	for shard := range p.leaders {
		p.adjustLocked(im.ShardID(shard))
	}
}

// changed records a leader, and makes the local owner exist exactly while this node leads. It reports whether that is news:
// what belongs to an earlier term is not.
func (p *placement) changed(shard im.ShardID, l leadership) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if int(shard) >= len(p.leaders) || l.term < p.leaders[shard].term || l == p.leaders[shard] {
		return false
	}
	p.leaders[shard] = l
	p.adjustLocked(shard)
	return true
}

func (p *placement) adjustLocked(shard im.ShardID) {
	if p.spawn == nil || p.closed || shard == im.ClusterShard {
		return
	}
	leader := p.leaders[shard]
	mine := leader.replica != 0 && leader.replica == p.node.opts.Replica
	if o, owns := p.owners[shard]; owns && (!mine || o.term != leader.term) {
		p.node.system.Root.Send(o.pid, &pb.Resign{})
		delete(p.owners, shard)
	}
	if _, owns := p.owners[shard]; mine && !owns {
		p.ownLocked(shard, leader.term)
	}
}

func (p *placement) ownLocked(shard im.ShardID, term uint64) {
	// NB: an owner has a name that others know before it is there.
	props := p.spawn(shard, term).Configure(actor.WithMailbox(mailbox.New))
	pid, err := p.node.system.Root.SpawnNamed(props, ownerName(shard, term))
	if err != nil {
		p.node.opts.Logger.Error("owner could not be spawned", "shard", shard, "term", term, "err", err)
		return
	}
	p.owners[shard] = owned{pid: pid, term: term}
}

// leader returns who leads shard; the zero value for one that there is not.
func (p *placement) leader(shard im.ShardID) leadership {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if int(shard) >= len(p.leaders) {
		return leadership{}
	}
	return p.leaders[shard]
}

// owner returns the actor that owns shard, wherever it is; nil while nobody leads who can be reached.
func (p *placement) owner(shard im.ShardID) *actor.PID {
	l := p.leader(shard)
	name := p.node.members.Load().names[l.replica]
	if shard == im.ClusterShard || int(shard) >= len(p.pids) || name != p.node.opts.Name && p.node.peer(name) == nil {
		return nil
	}
	last := p.pids[shard].Load()
	if last == nil || last.term != l.term || last.pid.Address != name {
		last = &owned{pid: actor.NewPID(name, ownerName(shard, l.term)), term: l.term}
		p.pids[shard].Store(last)
	}
	return last.pid
}

// Nudge sends n to the owner of its address, which passes it on if the actor is awake. Without an owner it is dropped.
// It does not block. Nudges from one goroutine to one actor keep their order while the owner stays.
func (n *Node) Nudge(nudge *pb.Nudge) {
	addr := nudge.GetTo().Addr()
	if !addr.Valid() {
		return
	}
	if owner := n.placement.owner(addr.Shard(n.opts.Shards)); owner != nil {
		_ = n.send(owner, nudge, nil) // it may be lost
	}
}

// led returns how many shards this node owns.
func (p *placement) led() int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.owners)
}

// close stops the owners, and with them their activations. There are none afterwards.
func (p *placement) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for shard, o := range p.owners {
		p.node.system.Root.Stop(o.pid)
		delete(p.owners, shard)
	}
}
