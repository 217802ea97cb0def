package hub

import "github.com/parley-im/parley/im"

// Listen changes which rooms a user listens to: with only, no others than joined; else joined besides those that it did.
// A room that is in left, too, is left. That is kept while the user has any session, admitted or not; of a user without
// one, nothing is. It waits for no pass: what was said in a room before it was left may come a little later.
func (h *Hub) Listen(who im.Address, only bool, joined, left []im.RoomID) {
	st := h.userStripe(who)
	st.mu.Lock()
	defer st.mu.Unlock()
	if u := st.users[who]; u != nil {
		h.listenLocked(who.App, u, only, joined, left)
	}
}

func (h *Hub) listenLocked(app im.AppID, u *user, only bool, joined, left []im.RoomID) {
	if only {
		h.leaveOthersLocked(u, joined)
	}
	for _, id := range joined {
		if u.rooms[id] == nil {
			if u.rooms == nil {
				u.rooms = make(map[im.RoomID]*room)
			}
			u.rooms[id] = h.takeRoom(im.Room(app, id), u)
		}
	}
	for _, id := range left {
		h.leaveLocked(u, id)
	}
}

func (h *Hub) leaveOthersLocked(u *user, kept []im.RoomID) {
	keep := make(map[im.RoomID]bool, len(kept))
	for _, id := range kept {
		keep[id] = true
	}
	for id := range u.rooms {
		if !keep[id] {
			h.leaveLocked(u, id)
		}
	}
}

func (h *Hub) leaveLocked(u *user, id im.RoomID) {
	if r := u.rooms[id]; r != nil {
		h.dropRoom(r, u)
		delete(u.rooms, id)
	}
}
