package hub

import (
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Broadcast hands what the app itself says to all admitted sessions of an app, users' and passengers'. d is only read, and
// not kept.
func (h *Hub) Broadcast(app im.AppID, d *pb.Delivery) {
	f := frameOfMessage(system, d)
	h.count(system, h.toAll(app, nil, &f))
}

// Proclaim tells all admitted sessions of an app that a user came online or went offline, apart from its own and those of
// its friends.
func (h *Hub) Proclaim(who im.Address, isOnline bool, friends []im.UserID) {
	e := offlineToAll
	if isOnline {
		e = onlineToAll
	}
	but := map[im.Address]bool{who: true}
	for _, id := range friends {
		but[im.User(who.App, id)] = true
	}
	f := frameOfPresence(e, im.UserID(who.ID))
	h.count(e, h.toAll(who.App, but, &f))
}

// toAll sends f to all sessions of an app but some users'. It takes as long as there are users here, of any app.
func (h *Hub) toAll(app im.AppID, but map[im.Address]bool, f *frame) (count int) {
	for i := range h.users {
		count += h.users[i].toAll(app, but, f)
	}
	return count
}

func (st *userStripe) toAll(app im.AppID, but map[im.Address]bool, f *frame) (count int) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for addr, u := range st.users {
		if addr.App != app || but[addr] {
			continue
		}
		for m := range u.present() {
			f.sendTo(m.session)
			count++
		}
	}
	return count
}
