package hub

import (
	"sync"

	"github.com/parley-im/parley/im"
)

// roomStripe is a part of the table of rooms.
type roomStripe struct {
	// mu is held for a look into the table, never during a pass.
	mu sync.Mutex
	// rooms holds those that users here listen to.
	rooms map[im.Address]*room
}

// room is what is known here of one room: the sessions that get what is said in it.
type room struct {
	// users is how many users listen to it. Guarded by the stripe: the one that takes it to 0 takes the room out, and
	// nobody gets hold of it any more.
	users int

	// mu is held during a pass, so that what is taken out gets nothing afterwards. Others may wait for it: a pass takes some
	// microseconds a listener, because sending never blocks, and a session that does not keep up cuts itself.
	mu sync.Mutex
	// epoch is the highest that something was published under.
	epoch im.Epoch
	// listeners are in no order.
	listeners []*member
	// place is where each is among the listeners.
	place map[*member]int

	waiting waiting
}

func (h *Hub) roomStripe(a im.Address) *roomStripe { return &h.rooms[h.stripe(a)] }

// room returns the room at addr, nil when nobody listens to it.
func (h *Hub) room(addr im.Address) *room {
	st := h.roomStripe(addr)
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.rooms[addr]
}

// takeRoom makes u one of the users that listen to the room at addr.
func (h *Hub) takeRoom(addr im.Address, u *user) *room {
	r := h.holdRoom(addr)
	for m := range u.present() {
		h.add(r, m)
	}
	return r
}

func (h *Hub) holdRoom(addr im.Address) *room {
	st := h.roomStripe(addr)
	st.mu.Lock()
	defer st.mu.Unlock()
	r := st.rooms[addr]
	if r == nil {
		r = &room{place: make(map[*member]int)}
		st.rooms[addr] = r
		h.onChange(addr, im.Interest{Entered: true})
	}
	r.users++
	return r
}

// dropRoom undoes takeRoom.
func (h *Hub) dropRoom(addr im.Address, r *room, u *user) {
	for m := range u.present() {
		h.remove(r, m)
	}
	st := h.roomStripe(addr)
	st.mu.Lock()
	defer st.mu.Unlock()
	if r.users--; r.users == 0 {
		delete(st.rooms, addr)
		h.onChange(addr, im.Interest{})
	}
}

// add makes m a listener: it gets what is said from now on.
func (h *Hub) add(r *room, m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	h.passLocked(r)
	m.listens.Add(1)
	r.place[m] = len(r.listeners)
	r.listeners = append(r.listeners, m)
}

// remove takes m out, which gets what was said until now; the last listener gets its place.
func (h *Hub) remove(r *room, m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	h.passLocked(r)
	m.listens.Add(-1)
	end := len(r.listeners) - 1
	last := r.listeners[end]
	r.listeners[r.place[m]], r.place[last] = last, r.place[m]
	r.listeners[end] = nil // lets go of the session
	r.listeners = r.listeners[:end]
	delete(r.place, m)
}
