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
	// before holds those who were there before a node began, until their actor takes them over.
	before map[im.Address]im.Interest
	// loud holds those whose sessions ask to notify all.
	loud map[im.Address]bool
	// rooms is what the sessions of each user listen to.
	rooms map[im.Address]map[im.RoomID]bool
	// around is what the sessions of each user believe of friends.
	around map[im.Address]*beliefs
	// heard holds what users were told of others' presence: "user: +friend" or "user: -friend".
	heard []string
	// published holds the stamps of each room's messages, in order of arrival.
	published map[im.Address][]im.Millis
	// hinder, unless nil, says how calls go; waiting are those that were not answered.
	hinder  func(call string, u im.Address) (later bool, err error)
	waiting []func(error)
}

func newHub() *hubDouble {
	h := &hubDouble{
		got: map[string][]uint64{}, present: map[im.Address]bool{}, before: map[im.Address]im.Interest{}, loud: map[im.Address]bool{},
		rooms: map[im.Address]map[im.RoomID]bool{}, published: map[im.Address][]im.Millis{},
		around: map[im.Address]*beliefs{},
	}
	h.cond = sync.NewCond(&h.mu)
	return h
}

// Deliver implements actors.Hub.
func (h *hubDouble) Deliver(u, teller im.Address, d *pb.Delivery, done func(error)) (later bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if later, err = h.hinderLocked("deliver", u, done); err != nil {
		return h.lost(later, err, done)
	}
	key := u.ID + " " + teller.ID
	if had := h.got[key]; len(had) > 0 && d.N <= had[len(had)-1] {
		return later, nil
	}
	h.got[key] = append(h.got[key], d.N)
	h.cond.Broadcast()
	return later, nil
}

// Publish implements actors.Hub.
func (h *hubDouble) Publish(room im.Address, _ im.Epoch, d *pb.Delivery) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.published[room] = append(h.published[room], im.Millis(d.Ts))
}

// Listen implements actors.Hub.
func (h *hubDouble) Listen(u im.Address, only bool, joined, left []im.RoomID, done func(error)) (later bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if later, err = h.hinderLocked("listen", u, done); err != nil {
		return h.lost(later, err, done)
	}
	if only || h.rooms[u] == nil {
		h.rooms[u] = map[im.RoomID]bool{}
	}
	for _, r := range joined {
		h.rooms[u][r] = true
	}
	for _, r := range left {
		delete(h.rooms[u], r)
	}
	return later, nil
}

// hinderLocked asks the test how a call goes.
func (h *hubDouble) hinderLocked(call string, u im.Address, done func(error)) (later bool, err error) {
	if h.hinder == nil {
		return false, nil
	}
	if later, err = h.hinder(call, u); later && err == nil {
		h.waiting = append(h.waiting, done)
	}
	return later, err
}

// lost answers a call that went wrong, at once or later.
func (h *hubDouble) lost(later bool, err error, done func(error)) (bool, error) {
	if !later {
		return false, err
	}
	go done(err)
	return true, nil
}

// Settle implements actors.Hub.
func (h *hubDouble) Settle(u im.Address, done func(error)) (later bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if later, err = h.hinderLocked("settle", u, done); err != nil {
		return h.lost(later, err, done)
	}
	return later, nil
}

// TakeOver implements actors.Hub.
func (h *hubDouble) TakeOver(u im.Address) im.Interest {
	h.mu.Lock()
	defer h.mu.Unlock()
	was := h.before[u]
	delete(h.before, u)
	return was
}

// noteBefore notes who is there: a node that begins, or is settled, finds them.
func (h *hubDouble) noteBefore() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for u, there := range h.present {
		if there {
			h.before[u] = im.Interest{Entered: true, Sessions: 1, Loud: h.loud[u]}
		}
	}
}

func (h *hubDouble) isBefore(u im.Address) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.before[u].Sessions > 0
}

// setHinder has calls go as hinder says: it returns whether the answer comes later, and the error. What ends with an error
// has no effect. It is called with a lock held.
func (h *hubDouble) setHinder(hinder func(call string, u im.Address) (later bool, err error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hinder = hinder
}

// hinderNext has the next calls go so, one after the other, and those after them well.
func (h *hubDouble) hinderNext(call string, u im.Address, answers ...hindrance) {
	h.setHinder(func(c string, who im.Address) (bool, error) {
		if c != call || who != u || len(answers) == 0 {
			return false, nil
		}
		next := answers[0]
		answers = answers[1:]
		return next.later, next.err
	})
}

type hindrance struct {
	later bool
	err   error
}

// release ends what waits, and returns how much that was. Who is there by then was there before.
func (h *hubDouble) release(err error) int {
	h.noteBefore()
	h.mu.Lock()
	waiting := h.waiting
	h.waiting = nil
	h.mu.Unlock()
	for _, done := range waiting {
		done(err)
	}
	return len(waiting)
}

func (h *hubDouble) open() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.waiting)
}

// Announce implements actors.Hub: users hear what they did not know.
func (h *hubDouble) Announce(u im.Address, m *pb.Announce) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, err := h.hinderLocked("announce", u, nil); err != nil {
		return err
	}
	if !h.present[u] {
		return nil
	}
	b := h.beliefsLocked(u)
	named := map[string]bool{}
	for _, part := range []struct {
		ids []string
		are int
	}{{m.Online, isOnline}, {m.Offline, isOffline}, {m.Unsure, unsure}} {
		for _, f := range part.ids {
			named[f] = true
			h.tellLocked(u, b, f, part.are, m)
		}
	}
	for f, is := range b.of {
		if m.Whole && !named[f] && is == isOnline {
			h.tellLocked(u, b, f, isOffline, m)
		}
	}
	b.whole = b.whole || m.Whole
	return nil
}

// beliefs is what the sessions of a user believe of friends: unsure, isOnline or isOffline.
type beliefs struct {
	of map[string]int
	// whole is true once all friends were announced: who is not known is offline.
	whole bool
}

const (
	isOffline = iota - 1
	unsure
	isOnline
)

func (b *beliefs) about(friend string) int {
	is, known := b.of[friend]
	if !known && b.whole {
		return isOffline
	}
	return is
}

func (h *hubDouble) beliefsLocked(u im.Address) *beliefs {
	if h.around[u] == nil {
		h.around[u] = &beliefs{of: map[string]int{}}
	}
	return h.around[u]
}

// tellLocked has the sessions of u hear what they do not know: of whom they know nothing, what m has as news.
func (h *hubDouble) tellLocked(u im.Address, b *beliefs, friend string, is int, m *pb.Announce) {
	before := b.about(friend)
	if is == unsure && m.Whole {
		is = before
	}
	b.of[friend] = is
	if is == before || is == unsure || before == unsure && m.Silent {
		return
	}
	h.heard = append(h.heard, u.ID+": "+map[int]string{isOnline: "+", isOffline: "-"}[is]+friend)
}

// believe has the sessions of u know that friends are online.
func (h *hubDouble) believe(u im.Address, friends ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range friends {
		h.beliefsLocked(u).of[f] = isOnline
	}
}

// believes reports whether the sessions of u know that a friend is online, or that it is not.
func (h *hubDouble) believes(u im.Address, friend string, is int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.beliefsLocked(u).about(friend) == is
}

// Away implements actors.Hub.
func (h *hubDouble) Away(u im.Address) (away, certain bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.present[u], h.before[u].Sessions == 0
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

// Sessions implements actors.Hub: whoever is present has one.
func (h *hubDouble) Sessions(u im.Address) int {
	if h.Attended(u) {
		return 1
	}
	return 0
}

func (h *hubDouble) setPresent(u im.Address, present bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.present[u] = present
	if !present {
		delete(h.around, u) // with the sessions
	}
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

func (h *hubDouble) announcedSorted() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(slices.Values(h.heard))
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
