package attendance

import (
	"sync"

	"github.com/parley-im/parley/im"
)

// shard is what is known of the addresses of one shard.
type shard struct {
	id im.ShardID

	// mu is taken after the locks of the hub, and before those of calls and links.
	mu sync.Mutex
	// here holds what the hub of this node has of them; nothing is not held.
	here map[im.Address]im.Interest
	// owner is the node that leads the shard in term; "" = nobody, as far as this node knows. lastOwner is the last one that
	// was known, in lastTerm; it is who is told while announced.begun, also when nobody is known to lead any more.
	owner, lastOwner string
	term, lastTerm   uint64
	// announced is how far the owner has been told of here. It stands still while this node is the owner.
	announced announcement
	// table is what other nodes have; nil while this node is not the owner.
	table *table
}

// newShard returns a shard that nobody has owned, so that nobody has gone on without this node.
func newShard(id im.ShardID) *shard {
	return &shard{id: id, here: map[im.Address]im.Interest{}, announced: announcement{complete: true}}
}

// keepsOwnerLocked takes news by which the owner that is being told stays the same: nobody is known to lead, in its term, or
// it is again. It led all the while, or else another one will in a later term.
func (sh *shard) keepsOwnerLocked(node string, term uint64) bool {
	keeps := sh.announced.begun && term == sh.term && (node == "" || node == sh.lastOwner)
	if keeps {
		sh.owner = node
	}
	return keeps
}

// hold keeps what m holds of addr; nothing is not held.
func hold(m map[im.Address]im.Interest, addr im.Address, now im.Interest) {
	if now == (im.Interest{}) {
		delete(m, addr)
		return
	}
	m[addr] = now
}

// seenLocked adds up what all nodes have of addr. Only the owner knows.
func (sh *shard) seenLocked(addr im.Address) im.Interest {
	if sh.table == nil {
		return im.Interest{}
	}
	sum := sh.here[addr]
	for _, c := range sh.table.columns {
		more := c.has[addr]
		sum.Entered = sum.Entered || more.Entered
		sum.Sessions += more.Sessions
		sum.Loud = sum.Loud || more.Loud
	}
	return sum
}

// usersHereLocked returns the users and passengers that have sessions here.
func (sh *shard) usersHereLocked() []im.Address {
	var users []im.Address
	for addr := range sh.here {
		if addr.Kind != im.KindRoom {
			users = append(users, addr)
		}
	}
	return users
}

// worthANudge reports whether the actor of addr must look, since what it can see of its user has changed.
func worthANudge(addr im.Address, before, after im.Interest) bool {
	return addr.Kind == im.KindUser &&
		(before.Sessions > 0 != (after.Sessions > 0) || after.Loud && !before.Loud)
}
