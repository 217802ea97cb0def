package hub

import (
	"math"
	"runtime"
	"sync"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

const (
	// maxWaiting bounds in bytes what was said in a room and waits for the pass in progress. Overflow: who publishes waits.
	maxWaiting = 256 << 10
	// maxRelayed is the same for what other nodes say, and who relays it never waits. Overflow: it is dropped. It is more than what
	// a room's own node gathers in a pass, so that one that takes longer here than there loses nothing.
	maxRelayed = 4 << 20
	// manyListeners is how many listeners are worth a goroutine of their own, on another core.
	manyListeners = 1024
)

// Publish hands what was said in a room to all admitted sessions of the users that listen to it; to those of its speaker
// as a mirror, and not to the session that said it. epoch is that of the room's activation: what comes from an older one than
// the listeners have heard is dropped. d is only read, until the pass is over that takes it; nobody changes it.
//
// A pass takes all that was said in the room during the one before: each listener gets it with one write. Publish does not
// wait for a pass, unless too much waits already: then the room's actor is to be as slow as its listeners.
func (h *Hub) Publish(to im.Address, epoch im.Epoch, d *pb.Delivery) {
	r := h.room(to)
	if r == nil {
		return
	}
	if waits, _ := h.say(r, epoch, d, math.MaxInt); waits > maxWaiting {
		h.pass(r)
	}
}

// Relay is Publish for what comes from another node, or on a goroutine that others need. It never waits: what is too much is
// dropped.
func (h *Hub) Relay(to im.Address, epoch im.Epoch, d *pb.Delivery) {
	r := h.room(to)
	if r == nil {
		return
	}
	if _, taken := h.say(r, epoch, d, maxRelayed); !taken {
		h.hooks.OnRelayDropped()
	}
}

// say queues d for the next pass, unless more than limit bytes would wait then. It returns how many do.
func (h *Hub) say(r *room, epoch im.Epoch, d *pb.Delivery, limit int) (waits int, taken bool) {
	s := &saying{epoch: epoch, event: message, d: d, said: h.elapsed()}
	if d.GetSystem() {
		s.event = system
	}
	start, waits, taken := r.waiting.say(s, limit)
	if start {
		h.crew.Go(func() { h.passAll(r) })
	}
	return waits, taken
}

// passAll passes until nothing waits.
func (h *Hub) passAll(r *room) {
	for {
		h.pass(r)
		if r.waiting.rest() {
			h.forget(r)
			return
		}
	}
}

func (h *Hub) pass(r *room) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.takeLocked()
	if len(t.sayings) > 0 && len(r.listeners)+len(t.parts) > 0 {
		h.give(r.listeners, &t)
	}
	for m := range t.came {
		r.addLocked(m)
	}
}

// give hands what was said to those who listen all the time, and to the others their parts.
func (h *Hub) give(listeners []*member, t *taken) {
	p := newPass(t.sayings)
	messages, systems, mirrors := p.counts(p.giveAll(listeners))
	for _, who := range t.parts {
		some := p.part(who.from, who.to)
		m, s, y := some.counts(some.give([]*member{who.m}))
		messages, systems, mirrors = messages+m, systems+s, mirrors+y
	}
	h.count(message, messages)
	h.count(system, systems)
	h.count(yourself, mirrors)
	now := h.elapsed()
	for _, s := range t.sayings {
		h.hooks.OnFannedOut(now - s.said)
	}
}

// Settle returns when what was published before has been handed to the sessions.
func (h *Hub) Settle() {
	for i := range h.rooms {
		for _, r := range h.rooms[i].list() {
			h.pass(r)
		}
	}
}

func (st *roomStripe) list() (rooms []*room) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, r := range st.rooms {
		rooms = append(rooms, r)
	}
	return rooms
}

// giveAll is give with all cores, where there are many listeners.
func (p *pass) giveAll(listeners []*member) (all reach) {
	parts := min(runtime.GOMAXPROCS(0), len(listeners)/manyListeners)
	if parts < 2 {
		return p.give(listeners)
	}
	got := make([]reach, parts)
	var work sync.WaitGroup
	for i := range parts {
		part := listeners[i*len(listeners)/parts : (i+1)*len(listeners)/parts]
		work.Go(func() { got[i] = p.give(part) })
	}
	work.Wait()
	for _, g := range got {
		all.add(g)
	}
	return all
}
