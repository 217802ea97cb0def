package hub

import (
	"hash/maphash"
	"time"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/crew"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// stripes is the number of locks of a table: enough that cores seldom meet at one.
const stripes = 256

// Options configure a Hub. The zero value of each field means its default.
type Options struct {
	// Elapsed tells the time since any moment, by which repeats are forgotten. It must not jump as wall clocks do.
	// Default: the monotonic clock.
	Elapsed func() time.Duration
	// Hooks hears of deliveries. Default: nobody does.
	Hooks Hooks
	// OnChange is called when what is here of a user, a passenger or a room has become something else; for one address, in
	// the order in which that happens. It is called with a lock held: it must not block, and must not call the Hub. Default:
	// nobody is told.
	OnChange func(of im.Address, now im.Interest)
}

// Hub is the table.
type Hub struct {
	elapsed  func() time.Duration
	hooks    Hooks
	onChange func(im.Address, im.Interest)
	seed     maphash.Seed
	crew     crew.Crew

	// Lock order: a stripe of users, then a stripe of rooms or one room, then what waits there or one member. Of each sort, at most
	// one is held.
	users [stripes]userStripe
	rooms [stripes]roomStripe
}

// New returns an empty Hub.
func New(opts Options) *Hub {
	h := &Hub{elapsed: opts.Elapsed, hooks: opts.Hooks, onChange: opts.OnChange, seed: maphash.MakeSeed()}
	if h.elapsed == nil {
		h.elapsed = sinceNow()
	}
	if h.hooks == nil {
		h.hooks = noHooks{}
	}
	if h.onChange == nil {
		h.onChange = func(im.Address, im.Interest) {}
	}
	for i := range stripes {
		h.users[i].users = make(map[im.Address]*user)
		h.rooms[i].rooms = make(map[im.Address]*room)
	}
	return h
}

func (h *Hub) stripe(a im.Address) uint64 { return maphash.Comparable(h.seed, a) % stripes }

// Attended reports whether somebody is here for addr: admitted sessions of a user, or users that listen to a room. It is
// false for any other address.
func (h *Hub) Attended(addr im.Address) bool {
	switch addr.Kind {
	case im.KindUser:
		return h.look(addr, func(u *user) int { return u.admitted }) > 0
	case im.KindRoom:
		return h.room(addr) != nil
	default:
		return false
	}
}

// Deliver hands a message to the sessions of a user or passenger, apart from those that had it; to its speaker, as a mirror,
// apart from the session that sent it. teller is the address whose message it is; d.N numbers its messages, d.Seq what it
// tells of the app, 0 = it is not numbered and never a repeat. d is only read, and not kept.
func (h *Hub) Deliver(user, teller im.Address, d *pb.Delivery) {
	e := eventOf(user, d)
	h.count(e, h.deliver(user, teller, e, d))
}

func (h *Hub) deliver(user, teller im.Address, e event, d *pb.Delivery) (count int) {
	st := h.userStripe(user)
	st.mu.Lock()
	defer st.mu.Unlock()
	f := frameOfMessage(e, d)
	of, n := place(teller, d)
	for m := range st.users[user].present() {
		if !(e == yourself && m.isOrigin(d)) && m.heard.news(of, n, h.elapsed) {
			f.sendTo(m.session)
			count++
		}
	}
	return count
}

func (h *Hub) count(e event, sessions int) {
	if sessions > 0 {
		h.hooks.OnDelivered(string(e), sessions)
	}
}
