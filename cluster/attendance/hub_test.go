package attendance_test

import (
	"fmt"
	"slices"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// session is a client's, in the hub of one node.
type session struct {
	id       int
	who      im.Address
	node     *node
	loud     bool
	admitted bool
	// evicted and gone are set for good.
	evicted, gone bool
	// got holds the numbers of what was delivered, said what was said in rooms, in order of arrival.
	got  []uint64
	said []string
}

// hubDouble is the table of sessions of a node, done the dumb way. It reports changes as the real one does.
type hubDouble struct {
	report   func(of im.Address, now im.Interest)
	sessions []*session
	rooms    map[im.Address]map[im.RoomID]bool
	// heard holds what came that goes to all or to friends.
	heard []string
	// waited counts what was said in a way that may wait for listeners.
	waited int
}

func (h *hubDouble) interest(of im.Address) (now im.Interest) {
	for _, s := range h.sessions {
		if s.who == of {
			now.Entered = true
			if s.admitted {
				now.Sessions++
				now.Loud = now.Loud || s.loud
			}
		}
	}
	for who, in := range h.rooms {
		if of.Kind == im.KindRoom && of.App == who.App && in[im.RoomID(of.ID)] {
			now.Entered = true
		}
	}
	return now
}

// change reports what change does to the interest in some addresses.
func (h *hubDouble) change(change func(), of ...im.Address) {
	before := make([]im.Interest, len(of))
	for i, addr := range of {
		before[i] = h.interest(addr)
	}
	change()
	for i, addr := range of {
		if now := h.interest(addr); now != before[i] {
			h.report(addr, now)
		}
	}
}

func (h *hubDouble) enter(s *session) {
	h.change(func() { h.sessions = append(h.sessions, s) }, s.who)
}

func (h *hubDouble) admit(s *session) {
	if !s.gone {
		h.change(func() { s.admitted = true }, s.who)
	}
}

func (h *hubDouble) leave(s *session) {
	if s.gone {
		return
	}
	s.gone = true
	h.change(func() {
		h.sessions = slices.DeleteFunc(h.sessions, func(o *session) bool { return o == s })
		if !h.interest(s.who).Entered {
			delete(h.rooms, s.who)
		}
	}, append(h.roomsOf(s.who), s.who)...)
}

func (h *hubDouble) roomsOf(who im.Address) (rooms []im.Address) {
	for id := range h.rooms[who] {
		rooms = append(rooms, im.Room(who.App, id))
	}
	return rooms
}

// Deliver implements attendance.Hub. It drops what a session has had.
func (h *hubDouble) Deliver(user, _ im.Address, d *pb.Delivery) {
	for _, s := range h.sessions {
		if s.who == user && s.admitted && (len(s.got) == 0 || s.got[len(s.got)-1] < d.N) {
			s.got = append(s.got, d.N)
		}
	}
}

// Publish implements attendance.Hub.
func (h *hubDouble) Publish(room im.Address, epoch im.Epoch, d *pb.Delivery) {
	h.waited++
	h.Relay(room, epoch, d)
}

// Relay implements attendance.Hub.
func (h *hubDouble) Relay(room im.Address, _ im.Epoch, d *pb.Delivery) {
	for _, s := range h.sessions {
		if s.admitted && h.rooms[s.who][im.RoomID(room.ID)] {
			s.said = append(s.said, d.GetSaid().GetRemark())
		}
	}
}

// Listen implements attendance.Hub.
func (h *hubDouble) Listen(user im.Address, only bool, joined, left []im.RoomID) {
	if !h.interest(user).Entered {
		return
	}
	of := h.roomsOf(user)
	for _, id := range joined {
		of = append(of, im.Room(user.App, id))
	}
	h.change(func() {
		if only || h.rooms[user] == nil {
			h.rooms[user] = map[im.RoomID]bool{}
		}
		for _, id := range joined {
			h.rooms[user][id] = true
		}
		for _, id := range left {
			delete(h.rooms[user], id)
		}
	}, of...)
}

// Announce implements attendance.Hub.
func (h *hubDouble) Announce(user im.Address, m *pb.Announce) {
	h.heard = append(h.heard, fmt.Sprint(user.ID, " hears in ", m.GetTerm(), " of ", m.GetOnline()))
}

// Proclaim implements attendance.Hub.
func (h *hubDouble) Proclaim(user im.Address, online bool, friends []im.UserID) {
	h.heard = append(h.heard, fmt.Sprint("all but ", friends, " hear ", user.ID, " ", online))
}

// Broadcast implements attendance.Hub.
func (h *hubDouble) Broadcast(app im.AppID, d *pb.Delivery) {
	h.heard = append(h.heard, fmt.Sprint(app, " hears ", d.GetSaid().GetRemark()))
}

// Evict implements attendance.Hub. The sessions leave when the test lets them.
func (h *hubDouble) Evict(who im.Address) {
	for _, s := range h.sessions {
		s.evicted = s.evicted || s.who == who
	}
}
