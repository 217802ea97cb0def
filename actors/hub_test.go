package actors_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// hubDouble takes messages as the hub does: in order per conversation, repeats dropped. Its sessions outlive a node.
type hubDouble struct {
	mu   sync.Mutex
	cond *sync.Cond
	got  map[string][]uint64 // user and teller -> n, in order of arrival
	// present holds the users with sessions.
	present map[im.Address]bool
	// loud holds those whose sessions ask to notify all.
	loud map[im.Address]bool
	// rooms is what the sessions of each user listen to.
	rooms map[im.Address]map[im.RoomID]bool
	// heard holds what users were told of others' presence: "user: +friend" or "user: -friend".
	heard []string
	// published holds the stamps of each room's messages, in order of arrival.
	published map[im.Address][]im.Millis
}

func newHub() *hubDouble {
	h := &hubDouble{
		got: map[string][]uint64{}, present: map[im.Address]bool{}, loud: map[im.Address]bool{},
		rooms: map[im.Address]map[im.RoomID]bool{}, published: map[im.Address][]im.Millis{},
	}
	h.cond = sync.NewCond(&h.mu)
	return h
}

// Deliver implements actors.Hub.
func (h *hubDouble) Deliver(u, teller im.Address, d *pb.Delivery) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := u.ID + " " + teller.ID
	if had := h.got[key]; len(had) > 0 && d.N <= had[len(had)-1] {
		return
	}
	h.got[key] = append(h.got[key], d.N)
	h.cond.Broadcast()
}

// Publish implements actors.Hub.
func (h *hubDouble) Publish(room im.Address, d *pb.Delivery) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.published[room] = append(h.published[room], im.Millis(d.Ts))
}

// Listen implements actors.Hub.
func (h *hubDouble) Listen(u im.Address, only bool, joined, left []im.RoomID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if only || h.rooms[u] == nil {
		h.rooms[u] = map[im.RoomID]bool{}
	}
	for _, r := range joined {
		h.rooms[u][r] = true
	}
	for _, r := range left {
		delete(h.rooms[u], r)
	}
}

// Announce implements actors.Hub.
func (h *hubDouble) Announce(u im.Address, friend im.UserID, online bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	sign := "-"
	if online {
		sign = "+"
	}
	h.heard = append(h.heard, u.ID+": "+sign+string(friend))
}

// Proclaim implements actors.Hub.
func (h *hubDouble) Proclaim(u im.Address, online bool, friends []im.UserID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	sign := "-"
	if online {
		sign = "+"
	}
	h.heard = append(h.heard, fmt.Sprintf("all but %v: %s%s", friends, sign, u.ID))
}

// NotifiesAll implements actors.Hub.
func (h *hubDouble) NotifiesAll(u im.Address) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.loud[u]
}

// Attended implements actors.Hub.
func (h *hubDouble) Attended(addr im.Address) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.present[addr]
}

func (h *hubDouble) setPresent(u im.Address, present bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.present[u] = present
}

func (h *hubDouble) setLoud(u im.Address, loud bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.loud[u] = loud
}

func (h *hubDouble) announced() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.heard, ", ")
}

func (h *hubDouble) listens(u im.Address, r im.RoomID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rooms[u][r]
}

func (h *hubDouble) stamps(room im.Address) []im.Millis {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.published[room])
}

func (h *hubDouble) numbers(u im.UserID, teller im.Address) []uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]uint64(nil), h.got[string(u)+" "+teller.ID]...)
}
