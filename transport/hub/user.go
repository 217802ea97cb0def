package hub

import (
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// userStripe is a part of the table of users and passengers.
type userStripe struct {
	// mu is held while a session of the stripe's users gets something. Nobody waits for a pass over a room meanwhile.
	mu sync.Mutex
	// users holds those with sessions.
	users map[im.Address]*user
}

// user is one, or a passenger, that has sessions here. Guarded by its stripe.
type user struct {
	// members are its sessions in the order in which they entered, at least one.
	members []*member
	// admitted is how many of them were admitted, loud how many of those notify all.
	admitted, loud int
	// rooms are those that it listens to. Invariant: exactly the admitted members are listeners of each, or are to be by the turns
	// that wait there.
	rooms map[im.RoomID]*room
	// friends is what the sessions believe of friends.
	friends friends
}

// member is a session in the table.
type member struct {
	session  Session
	user     im.UserID
	tag      uint8 // of user, see tagOf
	admitted bool
	// loud says that those who are no friends are to hear of the user's presence.
	loud  bool
	heard memory
	// listens is to how many rooms.
	listens atomic.Int32
	// mu is held while a pass gives the session something.
	mu sync.Mutex
	// gone is true once the session has left: no pass gives it anything, though it may be among the listeners a little longer.
	gone bool
}

// sendAll sends what a pass gives a listener, unless it has left: at once, unless others may have something for it, too. Then one
// write is to take all of it.
func (m *member) sendAll(b Batch) (sent bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.gone {
		m.session.SendAll(b, m.listens.Load() == 1)
	}
	return !m.gone
}

// end keeps every pass from giving the session anything.
func (m *member) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gone = true
}

// interest returns what others need to know of u.
func (u *user) interest() im.Interest {
	return im.Interest{Entered: len(u.members) > 0, Sessions: u.admitted, Loud: u.loud > 0}
}

// isOrigin reports whether d, whose speaker is the member's user, was sent by the member itself.
func (m *member) isOrigin(d *pb.Delivery) bool {
	return string(m.session.ID()) == d.GetSaid().GetOriginSession()
}

// present yields the admitted sessions; a user that is not there has none.
func (u *user) present() iter.Seq[*member] {
	return func(yield func(*member) bool) {
		if u == nil {
			return
		}
		for _, m := range u.members {
			if m.admitted && !yield(m) {
				return
			}
		}
	}
}

// find returns the place of s among the members, -1 when it is not there.
func (u *user) find(s Session) int {
	if u == nil {
		return -1
	}
	return slices.IndexFunc(u.members, func(m *member) bool { return m.session == s })
}

func (h *Hub) userStripe(a im.Address) *userStripe { return &h.users[h.stripe(a)] }

// Enter adds a session of a user or passenger whose login is being decided: from now on a user's rooms are kept. The session
// gets nothing yet. A session enters once. notifyAll asks that those who are no friends hear of a user's presence, too.
func (h *Hub) Enter(who im.Address, s Session, notifyAll bool) {
	st := h.userStripe(who)
	st.mu.Lock()
	defer st.mu.Unlock()
	u := st.users[who]
	if u == nil {
		u = &user{}
		st.users[who] = u
	}
	u.members = append(u.members, &member{session: s, user: im.UserID(who.ID), tag: tagOf(im.UserID(who.ID)), loud: notifyAll})
	if len(u.members) == 1 {
		h.onChange(who, u.interest())
	}
}

// Admit lets a session that entered have everything from now on: what is delivered to its user, and what is said in the
// rooms that its user listens to. One that is not there, or was admitted before, stays as it is.
func (h *Hub) Admit(who im.Address, s Session) {
	st := h.userStripe(who)
	st.mu.Lock()
	defer st.mu.Unlock()
	u := st.users[who]
	i := u.find(s)
	if i < 0 || u.members[i].admitted {
		return
	}
	m := u.members[i]
	m.admitted = true
	for _, r := range u.rooms {
		h.change(r, turn{member: m, comes: true})
	}
	u.admitted++
	if m.loud {
		u.loud++
	}
	h.onChange(who, u.interest())
}

// Leave takes a session out, whether or not it was admitted: it gets nothing more, also of what was said before and waits. One
// that is not there is none.
func (h *Hub) Leave(who im.Address, s Session) {
	st := h.userStripe(who)
	st.mu.Lock()
	defer st.mu.Unlock()
	u := st.users[who]
	i := u.find(s)
	if i < 0 {
		return
	}
	m := u.members[i]
	u.members = slices.Delete(u.members, i, i+1)
	if m.admitted {
		h.dismiss(u, m)
	}
	if len(u.members) == 0 {
		h.listenLocked(who.App, u, true, nil, nil)
		delete(st.users, who)
	}
	if m.admitted || len(u.members) == 0 {
		h.onChange(who, u.interest())
	}
}

// dismiss undoes Admit for a member that is leaving.
func (h *Hub) dismiss(u *user, m *member) {
	m.end()
	for _, r := range u.rooms {
		h.change(r, turn{member: m})
	}
	if m.loud {
		u.loud--
	}
	u.admitted--
}

// Evict closes all sessions of a user or passenger: they may have missed something. Their clients come back.
func (h *Hub) Evict(who im.Address) {
	st := h.userStripe(who)
	st.mu.Lock()
	defer st.mu.Unlock()
	if u := st.users[who]; u != nil {
		for _, m := range u.members {
			m.session.Close()
		}
	}
}

// Sessions returns how many admitted sessions a user has here.
func (h *Hub) Sessions(app im.AppID, id im.UserID) int {
	return h.look(im.User(app, id), func(u *user) int { return u.admitted })
}

// NotifiesAll reports whether an admitted session of a user asks that those who are no friends hear of its presence.
func (h *Hub) NotifiesAll(who im.Address) bool {
	return h.look(who, func(u *user) int { return u.loud }) > 0
}

// look returns what of says of a user, 0 for one who is not here.
func (h *Hub) look(who im.Address, of func(*user) int) int {
	st := h.userStripe(who)
	st.mu.Lock()
	defer st.mu.Unlock()
	if u := st.users[who]; u != nil {
		return of(u)
	}
	return 0
}
