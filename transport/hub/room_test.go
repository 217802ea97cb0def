package hub_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/hub"
)

const lounge = im.RoomID("lounge")

var loungeAddr = im.Room(app, lounge)

// spoken is what tom says in the lounge.
func spoken(origin string) *pb.Delivery {
	d := said(0, origin)
	d.To, d.Source = string(lounge), pb.Source_ROOM
	return d
}

const (
	roomMessage  = `42/chat,["message",{"from":{"id":"tom","type":2,"gid":"lounge"},"to":{"id":"lounge","type":2},"content":{"media":0,"body":"hi"},"ts":5}]`
	roomYourself = `42/chat,["yourself",{"to":{"id":"lounge","type":2},"content":{"media":0,"body":"hi"},"ts":5}]`
)

// rooms is a list of rooms.
func rooms(ids ...im.RoomID) []im.RoomID { return ids }

// listen makes a user of the app listen to rooms besides those that it does.
func listen(h *hub.Hub, user im.UserID, ids ...im.RoomID) {
	h.Listen(im.User(app, user), false, ids, nil)
}

// Every session of every listener gets the message, the speaker's others the mirror, the one that said it nothing, nor
// does who does not listen; each of the two frames is made once, and counted once.
func TestHub_PublishReachesListeners(t *testing.T) {
	t.Parallel()
	f := newFixture()
	j1, j2, b1 := &session{id: "j1"}, &session{id: "j2"}, &session{id: "b1"}
	t1, t2, t3 := &session{id: "t1"}, &session{id: "t2"}, &session{id: "t3"}
	away, foreign := &session{id: "away"}, &session{id: "foreign"}
	for s, user := range map[*session]im.UserID{j1: jerry, j2: jerry, b1: "bob", t1: tom, t2: tom, t3: tom, away: "ann"} {
		join(f.Hub, app, user, s)
	}
	join(f.Hub, "b", jerry, foreign)
	f.Listen(im.User("b", jerry), false, rooms(lounge), nil)
	for _, user := range []im.UserID{tom, jerry, "bob"} {
		listen(f.Hub, user, lounge)
	}
	listen(f.Hub, "ann", "kitchen")
	f.Publish(loungeAddr, im.Epoch{}, spoken("t1"))
	want(t, j1, roomMessage)
	want(t, j2, roomMessage)
	want(t, b1, roomMessage)
	want(t, t1)
	want(t, t2, roomYourself)
	want(t, t3, roomYourself)
	want(t, away)
	want(t, foreign)
	if got := fmt.Sprint(f.counts.counts, f.counts.calls); got != "map[message:3 yourself:2] 2" {
		t.Errorf("counted %s", got)
	}
	// Pointers, since equal bytes would prove nothing: fails when frames.sendTo makes a frame each time.
	if &j1.frames[0][0] != &j2.frames[0][0] || &j1.frames[0][0] != &b1.frames[0][0] || &t2.frames[0][0] != &t3.frames[0][0] {
		t.Error("a frame was made twice")
	}
}

// What is said in a room has no number, so the same again is another message.
func TestHub_RoomMessagesAreNeverRepeats(t *testing.T) {
	t.Parallel()
	f := newFixture()
	j := &session{id: "j"}
	join(f.Hub, app, jerry, j)
	listen(f.Hub, jerry, lounge)
	f.Publish(loungeAddr, im.Epoch{}, spoken(""))
	f.Publish(loungeAddr, im.Epoch{}, spoken(""))
	want(t, j, roomMessage, roomMessage)
}

// A session whose login is being decided gets nothing, but the rooms that are named meanwhile are its own once it is
// admitted. So are those of a user who has other sessions.
func TestHub_AdmittedSessionGetsAllRoomsOfItsUser(t *testing.T) {
	t.Parallel()
	f := newFixture()
	first, second := &session{id: "1"}, &session{id: "2"}
	f.Admit(im.User(app, jerry), first) // has not entered
	f.Enter(im.User(app, jerry), first, false)
	f.Listen(im.User(app, jerry), true, rooms(lounge), nil)
	f.Publish(loungeAddr, im.Epoch{}, spoken(""))
	f.Deliver(im.User(app, jerry), dialog, said(1, ""))
	want(t, first)
	f.Admit(im.User(app, jerry), first)
	f.Admit(im.User(app, jerry), first)
	f.Publish(loungeAddr, im.Epoch{}, spoken(""))
	want(t, first, roomMessage)
	join(f.Hub, app, jerry, second)
	f.Publish(loungeAddr, im.Epoch{}, spoken(""))
	want(t, first, roomMessage, roomMessage)
	want(t, second, roomMessage)
}

// Rooms are the user's while any session is there, admitted or not, and nobody's afterwards.
func TestHub_RoomsLastAsLongAsSessions(t *testing.T) {
	t.Parallel()
	f := newFixture()
	a, b, c := &session{id: "a"}, &session{id: "b"}, &session{id: "c"}
	listen(f.Hub, jerry, lounge) // nobody is there
	join(f.Hub, app, jerry, a)
	f.Publish(loungeAddr, im.Epoch{}, spoken(""))
	want(t, a)
	listen(f.Hub, jerry, lounge)
	f.Enter(im.User(app, jerry), b, false)
	f.Leave(im.User(app, jerry), a)
	f.Admit(im.User(app, jerry), b)
	f.Publish(loungeAddr, im.Epoch{}, spoken(""))
	want(t, a)
	want(t, b, roomMessage)
	f.Leave(im.User(app, jerry), b)
	if f.Attended(loungeAddr) {
		t.Error("a room without listeners is kept")
	}
	join(f.Hub, app, jerry, c)
	f.Publish(loungeAddr, im.Epoch{}, spoken(""))
	want(t, b, roomMessage)
	want(t, c)
}

// Which rooms a user listens to, step by step.
func TestHub_Listen(t *testing.T) {
	t.Parallel()
	f := newFixture()
	j := &session{id: "j"}
	join(f.Hub, app, jerry, j)
	for _, step := range []struct {
		name         string
		only         bool
		joined, left []im.RoomID
		want         string
	}{
		{"joins", false, rooms("a", "b"), nil, "a b "},
		{"joins again", false, rooms("b", "c", "c"), nil, "a b c "},
		{"leaves", false, nil, rooms("a", "a", "x"), "b c "},
		{"joins and leaves", false, rooms("a"), rooms("b"), "a c "},
		{"nothing", false, nil, nil, "a c "},
		{"only", true, rooms("b", "c"), nil, "b c "},
		{"only, but what was left", true, rooms("a", "b"), rooms("b"), "a "},
		{"only nothing", true, nil, nil, ""},
	} {
		f.Listen(im.User(app, jerry), step.only, step.joined, step.left)
		got := ""
		for _, r := range rooms("a", "b", "c", "x") {
			before := len(j.frames)
			f.Publish(im.Room(app, r), im.Epoch{}, spoken(""))
			heard := len(j.frames) > before
			if heard {
				got += string(r) + " "
			}
			if attended := f.Attended(im.Room(app, r)); attended != heard {
				t.Errorf("%s: Attended(%s) = %v, but heard = %v", step.name, r, attended, heard)
			}
		}
		if got != step.want {
			t.Errorf("%s: listens to %q, want %q", step.name, got, step.want)
		}
	}
}

// What an activation says that was replaced is not heard, since the new one has spoken already.
func TestHub_DropsWhatAnOlderActivationSays(t *testing.T) {
	t.Parallel()
	f := newFixture()
	j := &session{id: "j"}
	join(f.Hub, app, jerry, j)
	f.Listen(im.User(app, jerry), true, rooms("lounge"), nil)
	for _, step := range []struct {
		epoch im.Epoch
		heard int
	}{
		{im.Epoch{Term: 1, Activation: 7}, 1},
		{im.Epoch{Term: 1, Activation: 7}, 2},
		{im.Epoch{Term: 2, Activation: 1}, 3},
		{im.Epoch{Term: 1, Activation: 9}, 3},
		{im.Epoch{Term: 2, Activation: 1}, 4},
	} {
		f.Publish(loungeAddr, step.epoch, spoken(""))
		if got := len(j.got()); got != step.heard {
			t.Errorf("after %v: heard %d, want %d", step.epoch, got, step.heard)
		}
	}
}

// A room that is worth several cores is passed by all of them at once: everybody gets everything once and in order, the mirrors
// among it, and it is counted once. Fails when a part of giveAll leaves out an end of its listeners, or does not count.
func TestHub_LargeRoomsArePassedInParts(t *testing.T) {
	t.Parallel()
	f := newFixture()
	const listeners, messages = 5000, 7
	all := make([]*session, listeners)
	for i := range all {
		user := im.UserID(fmt.Sprint("u", i))
		if i%1000 == 0 {
			user = tom
		}
		all[i] = &session{id: im.SessionID(fmt.Sprint("s", i))}
		join(f.Hub, app, user, all[i])
		listen(f.Hub, user, lounge)
	}
	var heard []string
	for i := range messages {
		d := spoken("s0")
		d.Ts = int64(i)
		f.Hub.Publish(loungeAddr, im.Epoch{}, d)
		heard = append(heard, fmt.Sprintf(`"ts":%d}]`, i))
	}
	f.Settle()
	for i, s := range all {
		got := s.got()
		if i == 0 {
			if len(got) != 0 {
				t.Errorf("who said it got %d", len(got))
			}
			continue
		}
		if len(got) != messages {
			t.Fatalf("session %d got %d messages", i, len(got))
		}
		for k, text := range got {
			if mirror := strings.Contains(text, `"yourself"`); !strings.HasSuffix(text, heard[k]) || mirror != (i%1000 == 0) {
				t.Errorf("session %d, message %d: %s", i, k, text)
			}
		}
	}
	want := map[string]int{"message": messages * (listeners - 5), "yourself": messages * 4}
	if f.counts.counts["message"] != want["message"] || f.counts.counts["yourself"] != want["yourself"] {
		t.Errorf("counted %v, want %v", f.counts.counts, want)
	}
}

// Users come, go, join and leave while others talk: for the race detector. Whoever stays hears all. Who leaves the room hears what
// was said while it was in, and not what was said later; once a session has left, nothing more comes.
func TestHub_ConcurrentRooms(t *testing.T) {
	t.Parallel()
	h := hub.New(hub.Options{})
	const users, turns, publishers, each = 8, 100, 2, 300
	steady := &session{id: "steady"}
	join(h, app, "steady", steady)
	listen(h, "steady", lounge)
	var wg sync.WaitGroup
	for range publishers {
		wg.Go(func() {
			for range each {
				h.Publish(loungeAddr, im.Epoch{}, spoken(""))
			}
		})
	}
	for u := range users {
		wg.Go(func() { comeAndGo(t, h, u, turns) })
	}
	wg.Wait()
	h.Settle()
	if n := len(steady.frames); n != publishers*each+users*turns*2 {
		t.Errorf("who stayed got %d messages, want %d", n, publishers*each+users*turns*2)
	}
	h.Leave(im.User(app, "steady"), steady)
	if h.Attended(loungeAddr) {
		t.Error("the room is kept")
	}
}

// comeAndGo joins and leaves the lounge, by turns as a user and as a session. It says two things in each turn, the second when it has
// left.
func comeAndGo(t *testing.T, h *hub.Hub, number, turns int) {
	user := im.UserID(fmt.Sprint("u", number))
	for turn := range turns {
		first := 10 * (number*turns + turn + 1)
		s := &session{id: im.SessionID(user)}
		join(h, app, user, s)
		listen(h, user, lounge)
		h.Publish(loungeAddr, im.Epoch{}, numbered(first))
		ends := turn%2 == 0
		if ends {
			h.Leave(im.User(app, user), s)
		} else {
			h.Listen(im.User(app, user), false, nil, rooms(lounge))
		}
		before := len(s.got())
		h.Publish(loungeAddr, im.Epoch{}, numbered(first+1))
		h.Settle()
		all := heard(s)
		if ends && len(all) != before || !ends && !slices.Contains(all, first) || slices.Contains(all, first+1) {
			t.Errorf("%s heard %v, %d of it when it had left, want %d if it did not end, and never %d",
				user, all, before, first, first+1)
		}
		h.Leave(im.User(app, user), s)
	}
}
