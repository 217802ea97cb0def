package hub_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/hub"
)

// model is the hub done the dumb way: who is where is looked up in full for each message.
type model struct {
	hub *hub.Hub
	// entered holds the user of each session, admitted those that get something.
	entered  map[*session]im.UserID
	admitted map[*session]bool
	rooms    map[im.UserID]map[im.RoomID]bool
	// heard is how many messages each session, also one that left, must have.
	heard map[*session]int
}

var (
	modelUsers = rapid.SampledFrom([]im.UserID{tom, jerry, "bob"})
	modelRooms = rapid.SliceOfN(rapid.SampledFrom(rooms("a", "b", "c")), 0, 3)
)

// TestHub_AgreesWithTheModel lets random users come, go, and listen, and compares after each message who has got it.
// It fails when room.remove leaves the moved listener's place as it was.
func TestHub_AgreesWithTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &model{
			hub: hub.New(hub.Options{}), entered: map[*session]im.UserID{}, admitted: map[*session]bool{},
			rooms: map[im.UserID]map[im.RoomID]bool{}, heard: map[*session]int{},
		}
		t.Repeat(map[string]func(*rapid.T){
			"enter": m.enter, "admit": m.admit, "leave": m.leave, "listen": m.listen, "publish": m.publish, "": m.compare,
		})
	})
}

func (m *model) enter(t *rapid.T) {
	user := modelUsers.Draw(t, "user")
	s := &session{id: im.SessionID(fmt.Sprint("s", len(m.heard)))}
	m.hub.Enter(im.User(app, user), s, false)
	m.entered[s], m.heard[s] = user, 0
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

func (m *model) publish(t *rapid.T) {
	r := rapid.SampledFrom(rooms("a", "b", "c")).Draw(t, "room")
	m.hub.Publish(im.Room(app, r), im.Epoch{}, spoken("s0"))
	m.hub.Settle()
	for s := range m.admitted {
		if user := m.entered[s]; m.rooms[user][r] && !(user == tom && s.id == "s0") {
			m.heard[s]++
		}
	}
}

func (m *model) compare(t *rapid.T) {
	for s, want := range m.heard {
		if got := len(s.got()); got != want {
			t.Fatalf("session %s got %d messages, want %d", s.id, got, want)
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
