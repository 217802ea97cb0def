package hub

import (
	"hash/maphash"
	"sync"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// stripes is the number of locks: enough that cores seldom meet at one.
const stripes = 256

// Options configure a Hub. The zero value of each field means its default.
type Options struct {
	// Clock tells the time, by which repeats are forgotten. Default: the wall clock.
	Clock func() im.Millis
	// Hooks hears of deliveries. Default: nobody does.
	Hooks Hooks
}

// Hub is the table.
type Hub struct {
	clock   func() im.Millis
	hooks   Hooks
	seed    maphash.Seed
	stripes [stripes]stripe
}

type userKey struct {
	app  im.AppID
	user im.UserID
}

type stripe struct {
	mu sync.Mutex
	// users holds the sessions of each user, in the order in which they joined. No entry is empty.
	users map[userKey][]*member
}

// member is a session in the table.
type member struct {
	session Session
	heard   memory
}

// New returns an empty Hub.
func New(opts Options) *Hub {
	h := &Hub{clock: opts.Clock, hooks: opts.Hooks, seed: maphash.MakeSeed()}
	if h.clock == nil {
		h.clock = wallClock
	}
	if h.hooks == nil {
		h.hooks = noHooks{}
	}
	for i := range h.stripes {
		h.stripes[i].users = make(map[userKey][]*member)
	}
	return h
}

func (h *Hub) stripe(k userKey) *stripe {
	return &h.stripes[maphash.Comparable(h.seed, k)%stripes]
}

// Join adds a session of user: it gets what is delivered from now on. A session joins once.
func (h *Hub) Join(app im.AppID, user im.UserID, s Session) {
	k := userKey{app, user}
	st := h.stripe(k)
	st.mu.Lock()
	defer st.mu.Unlock()
	st.users[k] = append(st.users[k], &member{session: s})
}

// Leave takes a session out. One that is not there is none.
func (h *Hub) Leave(app im.AppID, user im.UserID, s Session) {
	k := userKey{app, user}
	st := h.stripe(k)
	st.mu.Lock()
	defer st.mu.Unlock()
	kept := st.users[k][:0]
	for _, m := range st.users[k] {
		if m.session != s {
			kept = append(kept, m)
		}
	}
	clear(st.users[k][len(kept):]) // lets go of the session
	st.users[k] = kept
	if len(kept) == 0 {
		delete(st.users, k)
	}
}

// Sessions returns how many sessions user has here.
func (h *Hub) Sessions(app im.AppID, user im.UserID) int {
	k := userKey{app, user}
	st := h.stripe(k)
	st.mu.Lock()
	defer st.mu.Unlock()
	return len(st.users[k])
}

// Deliver hands a message to the sessions of user, apart from those that had it; to its speaker, as a mirror, apart from
// the session that sent it. teller is the address whose message it is; d.N numbers its messages, 0 = it is not numbered
// and never a repeat. d is only read, and not kept.
func (h *Hub) Deliver(user, teller im.Address, d *pb.Delivery) {
	e := eventOf(user, d)
	if n := h.deliver(user, teller, e, d); n > 0 {
		h.hooks.OnDelivered(string(e), n)
	}
}

func (h *Hub) deliver(user, teller im.Address, e event, d *pb.Delivery) (count int) {
	k := userKey{user.App, im.UserID(user.ID)}
	st := h.stripe(k)
	st.mu.Lock()
	defer st.mu.Unlock()
	var frames frames
	for _, m := range st.users[k] {
		if !isOrigin(m.session, e, d) && m.heard.news(teller, d.GetN(), h.clock) {
			m.session.Send(frames.of(m.session.Variant(), e, d))
			count++
		}
	}
	return count
}

func isOrigin(s Session, e event, d *pb.Delivery) bool {
	return e == yourself && string(s.ID()) == d.GetSaid().GetOriginSession()
}
