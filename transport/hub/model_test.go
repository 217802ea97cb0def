package hub_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/hub"
)

// model is the hub done the dumb way: who is where is looked up in full for each message.
type model struct {
	hub *hub.Hub
	// entered holds the user of each session, admitted those that get something.
	entered  map[*session]im.UserID
	admitted map[*session]bool
	rooms    map[im.UserID]map[im.RoomID]bool
	// heard is which messages each session, also one that left, must have, by number.
	heard map[*session][]int
	// said is where each message was said, from number 1.
	said map[int]im.RoomID
	// held holds rooms where a pass is kept in the middle: what is said there, and who comes and goes, waits for the next one.
	held map[im.RoomID]*holder
}

var (
	modelUsers = rapid.SampledFrom([]im.UserID{tom, jerry, "bob"})
	modelRooms = rapid.SliceOfN(rapid.SampledFrom(rooms("a", "b", "c")), 0, 3)
)

// TestHub_AgreesWithTheModel lets random users come, go, and listen, also while passes are under way, and compares what each has got
// whenever none is: nothing too much, nothing too little, and in each room in order.
// It fails when room.remove leaves the moved listener's place as it was, and when a part of takeLocked begins or ends one too early.
func TestHub_AgreesWithTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &model{
			hub: hub.New(hub.Options{}), entered: map[*session]im.UserID{}, admitted: map[*session]bool{},
			rooms: map[im.UserID]map[im.RoomID]bool{}, heard: map[*session][]int{},
			said: map[int]im.RoomID{}, held: map[im.RoomID]*holder{},
		}
		defer m.release(t)
		t.Repeat(map[string]func(*rapid.T){
			"enter": m.enter, "admit": m.admit, "leave": m.leave, "listen": m.listen, "publish": m.publish,
			"hold": m.hold, "release": m.release, "": m.compare,
		})
		m.release(t)
		m.compare(t)
	})
}

func (m *model) enter(t *rapid.T) {
	user := modelUsers.Draw(t, "user")
	s := &session{id: im.SessionID(fmt.Sprint("s", len(m.heard)))}
	m.hub.Enter(im.User(app, user), s, false)
	m.entered[s], m.heard[s] = user, nil
	if m.rooms[user] == nil {
		m.rooms[user] = map[im.RoomID]bool{}
	}
}

// any draws a session that entered, in an order that rapid can repeat; nil when there is none.
func (m *model) any(t *rapid.T) *session {
	if len(m.entered) == 0 {
		return nil
	}
	all := slices.SortedFunc(maps.Keys(m.entered), func(a, b *session) int { return cmp.Compare(a.id, b.id) })
	return rapid.SampledFrom(all).Draw(t, "session")
}

func (m *model) admit(t *rapid.T) {
	if s := m.any(t); s != nil {
		m.hub.Admit(im.User(app, m.entered[s]), s)
		m.admitted[s] = true
	}
}

func (m *model) leave(t *rapid.T) {
	s := m.any(t)
	if s == nil {
		return
	}
	user := m.entered[s]
	m.hub.Leave(im.User(app, user), s)
	m.heard[s] = m.end(t, s)
	delete(m.entered, s)
	delete(m.admitted, s)
	if !m.here(user) {
		delete(m.rooms, user)
	}
}

func (m *model) here(user im.UserID) bool {
	return slices.Contains(slices.Collect(maps.Values(m.entered)), user)
}

func (m *model) listen(t *rapid.T) {
	user, only := modelUsers.Draw(t, "user"), rapid.Bool().Draw(t, "only")
	joined, left := modelRooms.Draw(t, "joined"), modelRooms.Draw(t, "left")
	m.hub.Listen(im.User(app, user), only, joined, left)
	if !m.here(user) {
		return
	}
	if only {
		clear(m.rooms[user])
	}
	for _, r := range joined {
		m.rooms[user][r] = true
	}
	for _, r := range left {
		delete(m.rooms[user], r)
	}
}

// end returns what a session heard that has left: all it had to, but for what waits.
func (m *model) end(t *rapid.T, s *session) []int {
	got := heard(s)
	for _, n := range got {
		if !slices.Contains(m.heard[s], n) {
			t.Fatalf("session %s got %v, but should never get %d", s.id, got, n)
		}
	}
	if len(m.held) > 0 {
		return slices.Sorted(slices.Values(got)) // as compare has it, which has the order of each room
	}
	return m.heard[s]
}

func (m *model) publish(t *rapid.T) {
	r := rapid.SampledFrom(rooms("a", "b", "c")).Draw(t, "room")
	m.hub.Publish(im.Room(app, r), im.Epoch{}, m.say(r))
	if len(m.held) == 0 {
		m.hub.Settle()
	}
}

// say returns the next message, and notes who is to hear it.
func (m *model) say(r im.RoomID) *pb.Delivery {
	n := len(m.said) + 1
	m.said[n] = r
	for s := range m.admitted {
		if user := m.entered[s]; m.rooms[user][r] && !(user == tom && s.id == "s0") {
			m.heard[s] = append(m.heard[s], n)
		}
	}
	d := numbered(n)
	d.Said.OriginSession = "s0"
	return d
}

func (m *model) hold(t *rapid.T) {
	r := rapid.SampledFrom(rooms("a", "b", "c")).Draw(t, "room")
	if m.held[r] == nil {
		m.held[r] = hold(m.hub, r, m.say(r))
	}
}

// release lets all passes go on, and waits for them.
func (m *model) release(*rapid.T) {
	for _, s := range m.held {
		s.letGo()
	}
	m.hub.Settle()
	for r, s := range m.held {
		m.hub.Leave(im.User(app, "holder of "+im.UserID(r)), s)
	}
	clear(m.held)
}

func (m *model) compare(t *rapid.T) {
	if len(m.held) > 0 {
		return
	}
	for s, want := range m.heard {
		got := heard(s)
		for i, n := range got {
			for _, before := range got[:i] {
				if before >= n && m.said[before] == m.said[n] {
					t.Fatalf("session %s got %v: %d after %d of the same room", s.id, got, n, before)
				}
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Fatalf("session %s got %v, want %v", s.id, got, want)
		}
	}
	for _, r := range rooms("a", "b", "c") {
		want := false
		for _, of := range m.rooms {
			want = want || of[r]
		}
		if got := m.hub.Attended(im.Room(app, r)); got != want {
			t.Fatalf("Attended(%s) = %v, want %v", r, got, want)
		}
	}
}
