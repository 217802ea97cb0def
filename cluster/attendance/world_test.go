package attendance_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/cluster/attendance"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

const (
	app    = im.AppID("a")
	shards = 2
)

// world is a cluster of nodes in one goroutine: links, timers and news of leaders move when the test says so.
type world struct {
	clock *clock
	nodes []*node
	wires map[[2]string]*wire
	last  int
	// crossed counts frames of each sort that arrived at each node.
	crossed map[string]int
}

type node struct {
	*attendance.Attendance
	name   string
	world  *world
	hub    *hubDouble
	nudged []im.Address
	// woken are those whose actors were to wake; wake, unless nil, is called for each.
	woken []im.Address
	wake  func(who im.Address)
	// sends, unless nil, is called for each frame that the node sends.
	sends func(to string, f *pb.Frame)
	// mail takes what is no frame of attendance's.
	mail func(from string, m *pb.Mail)
}

// wire is what goes from one node to another.
type wire struct {
	// up is what the sender believes, cut what is so: until the sender notices, what it sends is lost.
	up, cut bool
	frames  [][]byte
	// full refuses frames.
	full bool
}

func newWorld(names ...string) *world {
	w := &world{clock: &clock{}, wires: map[[2]string]*wire{}, crossed: map[string]int{}}
	for _, name := range names {
		n := &node{name: name, world: w, hub: &hubDouble{rooms: map[im.Address]map[im.RoomID]bool{}}}
		n.Attendance = attendance.New(attendance.Options{
			Node: name, Shards: shards, Hub: n.hub, Links: n, Clock: w.clock,
			Peers: func() []string {
				return slices.DeleteFunc(slices.Clone(names), func(p string) bool { return p == name })
			},
			Nudge: n.nudge,
		})
		n.hub.report = n.Changed
		w.nodes = append(w.nodes, n)
		for _, to := range names {
			w.wires[[2]string{name, to}] = &wire{cut: true}
		}
	}
	return w
}

func (n *node) nudge(nudge *pb.Nudge) {
	who := nudge.GetTo().Addr()
	if !nudge.GetAttend().GetWake() {
		n.nudged = append(n.nudged, who)
		return
	}
	n.woken = append(n.woken, who)
	if n.wake != nil {
		n.wake(who)
	}
}

// trio returns a world of three nodes whose links are up.
func trio() *world {
	w := newWorld("a", "b", "c")
	w.link("a", "b")
	w.link("a", "c")
	w.link("b", "c")
	return w
}

func (w *world) node(name string) *node {
	return w.nodes[slices.IndexFunc(w.nodes, func(n *node) bool { return n.name == name })]
}

// link brings a link up; both ends notice at once.
func (w *world) link(a, b string) {
	for _, ends := range [][2]string{{a, b}, {b, a}} {
		*w.wires[ends] = wire{up: true}
	}
	w.node(a).PeerUp(b)
	w.node(b).PeerUp(a)
}

// cut breaks a link: what is on its way is lost.
func (w *world) cut(a, b string) {
	for _, ends := range [][2]string{{a, b}, {b, a}} {
		w.wires[ends].cut, w.wires[ends].frames = true, nil
	}
}

// notice lets an end of a link that is cut notice.
func (w *world) notice(at, of string) {
	if wire := w.wires[[2]string{at, of}]; wire.cut && wire.up {
		wire.up = false
		w.node(at).PeerDown(of)
	}
}

// part is a link that is cut, and both ends know.
func (w *world) part(a, b string) {
	w.cut(a, b)
	w.notice(a, b)
	w.notice(b, a)
}

// Send implements attendance.Links.
func (n *node) Send(to string, f *pb.Frame) error {
	if n.sends != nil {
		n.sends(to, f)
	}
	wire := n.world.wires[[2]string{n.name, to}]
	switch {
	case !wire.up:
		return im.E("world.send", im.Unavailable, "")
	case wire.full:
		return im.E("world.send", im.Overloaded, "")
	case wire.cut:
		return nil
	}
	b, err := proto.Marshal(f)
	if err != nil {
		panic(err)
	}
	wire.frames = append(wire.frames, b)
	return nil
}

// step delivers the next frame of a wire; false = there is none.
func (w *world) step(from, to string) bool {
	wire := w.wires[[2]string{from, to}]
	if len(wire.frames) == 0 {
		return false
	}
	f := &pb.Frame{}
	if err := proto.Unmarshal(wire.frames[0], f); err != nil {
		panic(err)
	}
	wire.frames = wire.frames[1:]
	w.crossed[fmt.Sprintf("%T to %s", f.GetBody(), to)]++
	if n := w.node(to); !n.Receive(from, f) {
		n.mail(from, f.GetMail())
	}
	return true
}

// flow delivers all frames until nobody sends any more.
func (w *world) flow() {
	for moved := true; moved; {
		moved = false
		for _, a := range w.nodes {
			for _, b := range w.nodes {
				moved = w.step(a.name, b.name) || moved
			}
		}
	}
}

// wait lets time pass, and what it leads to happen.
func (w *world) wait(d time.Duration) {
	w.flow()
	for end := w.clock.now + d; w.clock.next(end); {
		w.flow()
	}
}

// elect has all nodes learn of the leader of all shards.
func (w *world) elect(name string, term uint64) {
	for _, n := range w.nodes {
		w.learn(n, name, term)
	}
}

func (w *world) learn(n *node, leader string, term uint64) {
	for s := range shards {
		n.LeaderChanged(im.ShardID(s+1), leader, term)
	}
}

// join lets a session of a user in, without the user's actor being asked.
func (w *world) join(on string, who im.Address) *session {
	s := w.enter(on, who)
	s.node.hub.admit(s)
	return s
}

func (w *world) enter(on string, who im.Address) *session {
	w.last++
	s := &session{id: w.last, who: who, node: w.node(on)}
	s.node.hub.enter(s)
	return s
}

// clock runs timers when the test moves it.
type clock struct {
	now    time.Duration
	timers []*timer
	last   int
}

type timer struct {
	due time.Duration
	// number tells timers of the same time apart, in the order in which they were set.
	number int
	f      func()
}

// AfterFunc implements attendance.Clock.
func (c *clock) AfterFunc(d time.Duration, f func()) (stop func()) {
	c.last++
	t := &timer{due: c.now + d, number: c.last, f: f}
	c.timers = append(c.timers, t)
	return func() { c.timers = slices.DeleteFunc(c.timers, func(o *timer) bool { return o == t }) }
}

// next runs the next timer, up to a time; false = there is none, and it is that time.
func (c *clock) next(end time.Duration) bool {
	if len(c.timers) == 0 {
		c.now = end
		return false
	}
	first := slices.MinFunc(c.timers, func(a, b *timer) int {
		return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.number, b.number))
	})
	if first.due > end {
		c.now = end
		return false
	}
	c.timers = slices.DeleteFunc(c.timers, func(o *timer) bool { return o == first })
	c.now = first.due
	first.f()
	return true
}

// answer keeps what a call of actors.Hub comes to.
type answer struct {
	done bool
	err  error
}

// call notes the answer of a call, whether it comes at once or later.
func call(do func(done func(error)) (later bool, err error)) *answer {
	a := &answer{}
	later, err := do(func(err error) {
		if a.done {
			panic("done was called twice")
		}
		a.done, a.err = true, err
	})
	if !later {
		if a.done {
			panic("done was called, and the call had ended")
		}
		a.done, a.err = true, err
	}
	return a
}

func (n *node) deliver(to im.Address, number uint64) *answer {
	return call(func(done func(error)) (bool, error) {
		return n.Deliver(to, teller, &pb.Delivery{N: number}, done)
	})
}

func (n *node) listen(who im.Address, rooms ...im.RoomID) *answer {
	return call(func(done func(error)) (bool, error) { return n.Listen(who, false, rooms, nil, done) })
}

// announce says to a user's sessions that eve is online.
func announce(t *testing.T, n *node, user im.Address) {
	t.Helper()
	if err := n.Announce(user, &pb.Announce{Online: []string{"eve"}}); err != nil {
		t.Errorf("announced: %v", err)
	}
}

var teller = im.FriendDialog(app, "tom", "jerry")

// users returns n users of a shard.
func users(shard im.ShardID, n int) (all []im.Address) {
	for i := 0; len(all) < n; i++ {
		if u := im.User(app, im.UserID(fmt.Sprint("u", i))); u.Shard(shards) == shard {
			all = append(all, u)
		}
	}
	return all
}

// roomOf returns a room of a shard.
func roomOf(shard im.ShardID) im.RoomID {
	for i := 0; ; i++ {
		if id := im.RoomID(fmt.Sprint("r", i)); im.Room(app, id).Shard(shards) == shard {
			return id
		}
	}
}

func wantDone(t *testing.T, a *answer, kind im.ErrorKind) {
	t.Helper()
	if !a.done || a.err == nil || im.KindOf(a.err) != kind {
		t.Errorf("answered %v: %v, want %v", a.done, a.err, kind)
	}
}

func wantTaken(t *testing.T, a *answer) {
	t.Helper()
	if !a.done || a.err != nil {
		t.Errorf("answered %v: %v, want that it is done", a.done, a.err)
	}
}

func wantOpen(t *testing.T, a *answer) {
	t.Helper()
	if a.done {
		t.Errorf("answered already: %v", a.err)
	}
}

func wantGot(t *testing.T, s *session, numbers ...uint64) {
	t.Helper()
	if !slices.Equal(s.got, numbers) {
		t.Errorf("session %d got %v, want %v", s.id, s.got, numbers)
	}
}
