package hub

import (
	"iter"
	"maps"
	"slices"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// maxFriends bounds how many friends a hub keeps of a user who are online, or of whom nobody knows. Overflow: it forgets what the
// user's sessions believe, so that they may hear again what they know.
const maxFriends = 4096

// belief is what sessions believe of a friend.
type belief uint8

const (
	// unsure: nobody knows what they believe.
	unsure belief = iota
	isOnline
	isOffline
)

// friends is what the sessions of a user here believe of friends: what they heard last, or what was so when the first of them
// came. It is what keeps it true when actors move: whoever asks anew announces what is so, and sessions hear the difference.
type friends struct {
	// term is that of the owner who announced something last. What an earlier one announces is void.
	term uint64
	// whole is true once all friends were announced: who is not known is offline. Until then nobody is known who is not.
	whole bool
	known map[im.UserID]belief
}

func (f *friends) of(id im.UserID) belief {
	b, known := f.known[id]
	if !known && f.whole {
		return isOffline
	}
	return b
}

// note keeps what is believed of a friend. What is so of whoever is not known is not kept.
func (f *friends) note(id im.UserID, b belief) {
	delete(f.known, id)
	if b == f.of(id) {
		return
	}
	if f.known == nil {
		f.known = map[im.UserID]belief{}
	}
	if f.known[id] = b; len(f.known) > maxFriends {
		f.whole, f.known = false, nil
	}
}

// hear takes m, and calls tell for each friend of whom sessions are to hear.
func (f *friends) hear(m *pb.Announce, tell func(im.UserID, belief)) {
	if m.GetTerm() < f.term {
		return
	}
	f.term = m.GetTerm()
	if m.GetWhole() {
		f.hearWhole(m, tell)
		return
	}
	for id, is := range named(m) {
		f.change(id, is, m.GetSilent(), tell)
		f.note(id, is)
	}
}

// change calls tell if sessions are to hear what a friend is: not where that is what they believe, nor, if it is no news, where
// nobody knows what they believe.
func (f *friends) change(id im.UserID, is belief, silent bool, tell func(im.UserID, belief)) {
	before := f.of(id)
	if is != unsure && is != before && (before != unsure || !silent) {
		tell(id, is)
	}
}

// hearWhole takes an announcement of all friends. Of whom nobody knows anything, sessions go on believing what they do; who is
// not named and was believed to be online is not.
func (f *friends) hearWhole(m *pb.Announce, tell func(im.UserID, belief)) {
	next := friends{term: f.term, whole: true}
	all := map[im.UserID]bool{}
	for id, is := range named(m) {
		all[id] = true
		f.change(id, is, m.GetSilent(), tell)
		if is == unsure {
			is = f.of(id)
		}
		next.note(id, is)
	}
	for _, id := range slices.Sorted(maps.Keys(f.known)) {
		if !all[id] && f.known[id] == isOnline {
			tell(id, isOffline)
		}
	}
	*f = next
}

// named yields whom m names, and what it says of them.
func named(m *pb.Announce) iter.Seq2[im.UserID, belief] {
	return func(yield func(im.UserID, belief) bool) {
		for _, part := range []struct {
			ids []string
			are belief
		}{{m.GetOnline(), isOnline}, {m.GetOffline(), isOffline}, {m.GetUnsure(), unsure}} {
			for _, id := range part.ids {
				if !yield(im.UserID(id), part.are) {
					return
				}
			}
		}
	}
}

// Announce takes which friends of a user are online, and tells its sessions what they do not know. m is only read, and not kept.
func (h *Hub) Announce(user im.Address, m *pb.Announce) {
	st := h.userStripe(user)
	st.mu.Lock()
	defer st.mu.Unlock()
	u := st.users[user]
	if u == nil {
		return
	}
	u.friends.hear(m, func(friend im.UserID, is belief) {
		e := offline
		if is == isOnline {
			e = online
		}
		h.count(e, u.tell(frameOfPresence(e, friend)))
	})
}

func (u *user) tell(f frame) (sessions int) {
	for m := range u.present() {
		f.sendTo(m.session)
		sessions++
	}
	return sessions
}
