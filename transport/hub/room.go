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
	addr im.Address
	// users is how many users listen to it. Guarded by the stripe: without any the room is found no more, and is taken out as
	// soon as nobody passes. NB: not earlier. Who comes back meanwhile must hear first what was said before it went.
	users int

	// mu is held during a pass: some microseconds for each listener, because sending never blocks, and a session that does not
	// keep up cuts itself. Nobody else waits for it but an actor that says too much: see waiting.
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
	if r := st.rooms[addr]; r != nil && r.users > 0 {
		return r
	}
	return nil
}

// takeRoom makes u one of the users that listen to the room at addr.
func (h *Hub) takeRoom(addr im.Address, u *user) *room {
	r := h.holdRoom(addr)
	for m := range u.present() {
		h.change(r, turn{member: m, comes: true})
	}
	return r
}

func (h *Hub) holdRoom(addr im.Address) *room {
	st := h.roomStripe(addr)
	st.mu.Lock()
	defer st.mu.Unlock()
	r := st.rooms[addr]
	if r == nil {
		r = &room{addr: addr, place: make(map[*member]int)}
		st.rooms[addr] = r
	}
	if r.users++; r.users == 1 {
		h.onChange(addr, im.Interest{Entered: true})
	}
	return r
}

// dropRoom undoes takeRoom.
func (h *Hub) dropRoom(r *room, u *user) {
	for m := range u.present() {
		h.change(r, turn{member: m})
	}
	st := h.roomStripe(r.addr)
	st.mu.Lock()
	defer st.mu.Unlock()
	if r.users--; r.users == 0 {
		h.onChange(r.addr, im.Interest{})
		st.forgetLocked(r)
	}
}

// forget takes a room out over which a pass was made, if nobody listens to it any more.
func (h *Hub) forget(r *room) {
	st := h.roomStripe(r.addr)
	st.mu.Lock()
	defer st.mu.Unlock()
	st.forgetLocked(r)
}

func (st *roomStripe) forgetLocked(r *room) {
	if r.users == 0 && st.rooms[r.addr] == r && r.waiting.rests() {
		delete(st.rooms, r.addr)
	}
}

// change has a member come or go: it hears exactly what is said in between. If a pass is under way, the next one sees to it, and
// hands who goes what it has not heard yet, so nobody waits.
func (h *Hub) change(r *room, t turn) {
	if r.waiting.put(t) {
		return
	}
	r.changeNow(t)
	if !r.waiting.rest() {
		h.crew.Go(func() { h.passAll(r) })
	}
}

func (r *room) changeNow(t turn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.comes {
		r.addLocked(t.member)
	} else {
		r.removeLocked(t.member)
	}
}

func (r *room) addLocked(m *member) {
	m.listens.Add(1)
	r.place[m] = len(r.listeners)
	r.listeners = append(r.listeners, m)
}

// removeLocked takes m out; the last listener gets its place.
func (r *room) removeLocked(m *member) {
	m.listens.Add(-1)
	end := len(r.listeners) - 1
	last := r.listeners[end]
	r.listeners[r.place[m]], r.place[last] = last, r.place[m]
	r.listeners[end] = nil // lets go of the session
	r.listeners = r.listeners[:end]
	delete(r.place, m)
}
