package user

import (
	"slices"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// presence is what a user knows of friends. It is soft.
type presence struct {
	online bool
	// silent is true when it was no news that the user came or went.
	silent bool
	// around holds friends who are online, and those of whom an answer is awaited; nobody else is online. Of a user who is
	// offline it holds only those who have yet to hear that.
	around map[string]word
	// open is how many of around are open.
	open int
	// number is that of the last question. Answers to earlier ones close nothing.
	number uint64
	// told is true once the sessions were told of all friends, so that changes are enough.
	told bool
}

// word is what a friend's side said last, or that it was asked.
type word struct {
	online bool
	// open is true until the question is answered.
	open bool
	// isNew is true of an open question that a new friendship made: neither side's presence is news to the other.
	isNew bool
	// shard is the friend's, term that of the owner who said so.
	shard im.ShardID
	term  uint64
}

// fresh reports whether what friends answer is no news, since the sessions came only now.
func (p *presence) fresh() bool { return p.online && !p.silent }

// expect awaits an answer of a friend.
func (p *presence) expect(friend string) {
	w := p.around[friend]
	if !w.open {
		p.open++
	}
	w.open = true
	if p.around == nil {
		p.around = map[string]word{}
	}
	p.around[friend] = w
}

// meet awaits an answer of a new friend.
func (p *presence) meet(friend string) {
	p.expect(friend)
	w := p.around[friend]
	w.isNew = true
	p.around[friend] = w
}

// forget removes a friend.
func (p *presence) forget(friend string) {
	if p.around[friend].open {
		p.open--
	}
	delete(p.around, friend)
}

// keep keeps what a friend says, and returns what was known before. A question says as much as an answer.
func (p *presence) keep(said *pb.Presence) (before word) {
	before = p.around[said.User]
	now := word{online: said.Online, open: before.open, isNew: before.isNew, shard: im.ShardID(said.Shard), term: said.Term}
	if before.open && (said.Asks != nil || said.Answers != nil) {
		now.open, now.isNew = false, false
		p.open--
	}
	if !now.open && !(now.online && p.online) {
		delete(p.around, said.User)
		return before
	}
	if p.around == nil {
		p.around = map[string]word{}
	}
	p.around[said.User] = now
	return before
}

// those returns the friends around of whom is reports true, sorted.
func (p *presence) those(is func(word) bool) (ids []string) {
	for id, w := range p.around {
		if is(w) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
