package user_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/user"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// befriended returns tom with jerry and spike as friends, and butch as a former one.
func befriended(t fataler) *world {
	t.Helper()
	w := begin()
	butch := im.FriendDialog("app", "tom", "butch")
	w.do(t, tell(spike, fact(spike, 1, true)))
	w.do(t, tell(jerry, fact(jerry, 1, true)))
	w.do(t, tell(butch, fact(butch, 1, true), fact(butch, 2, false)))
	w.do(t, tell(lobby, fact(lobby, 1, true)))
	return w
}

func says(friend string, online bool) *pb.Presence { return &pb.Presence{User: friend, Online: online} }

func asks(friend string, online bool) *pb.Presence {
	return &pb.Presence{User: friend, Online: online, Ask: true}
}

func answers(friend string, online bool) *pb.Presence {
	return &pb.Presence{User: friend, Online: online, Silent: true}
}

// show writes what leaves: "+jerry" announced, "jerry<online ask silent" nudged.
func show(out core.Out) string {
	var parts []string
	for _, p := range out.Announce {
		parts = append(parts, map[bool]string{true: "+", false: "-"}[p.Online]+string(p.Friend))
	}
	for _, n := range out.Nudge {
		p := n.GetPresence()
		if p.User != "tom" || n.To.Addr() != im.User("app", im.UserID(n.To.Id)) {
			parts = append(parts, fmt.Sprintf("misdirected %v", n))
		}
		flags := map[bool]string{true: "online", false: "offline"}[p.Online]
		if p.Ask {
			flags += " ask"
		}
		if p.Silent {
			flags += " silent"
		}
		parts = append(parts, n.To.Id+"<"+flags)
	}
	return strings.Join(parts, ", ")
}

// Who comes online tells its friends, asks how they are, and listens to its rooms; who goes tells them. Nobody else
// hears.
func TestUser_AttendTellsFriends(t *testing.T) {
	w := befriended(t)
	out := w.Attend(true)
	if got, want := show(out), "jerry<online ask, spike<online ask"; got != want {
		t.Errorf("coming: %s, want %s", got, want)
	}
	if l := out.Listen; l == nil || !l.Only || !slices.Equal(l.Joined, []im.RoomID{"lobby"}) {
		t.Errorf("coming: listens %+v, want only to the lobby", l)
	}
	out = w.Attend(false)
	if got, want := show(out), "jerry<offline, spike<offline"; got != want || out.Listen != nil {
		t.Errorf("going: %s and %+v, want %s alone", got, out.Listen, want)
	}
}

// What a friend says is announced when it is a change; not when it is silent, repeated, a stranger's, or nobody is there.
// Whoever asks is answered, silently, also by who is offline.
func TestUser_HearsOfFriends(t *testing.T) {
	online := befriended(t)
	online.Attend(true)
	offline := befriended(t)
	for _, s := range []struct {
		name string
		w    *world
		p    *pb.Presence
		want string
	}{
		{"a friend comes", online, says("jerry", true), "+jerry"},
		{"it says so again", online, says("jerry", true), ""},
		{"it asks", online, asks("jerry", true), "jerry<online silent"},
		{"another comes and asks", online, asks("spike", true), "+spike, spike<online silent"},
		{"it goes", online, says("spike", false), "-spike"},
		{"it answers late that it is online", online, answers("spike", true), ""},
		{"it goes, which is a change then", online, says("spike", false), "-spike"},
		{"it goes again", online, says("spike", false), ""},
		{"the first one answers that it went", online, answers("jerry", false), ""},
		{"it comes", online, says("jerry", true), "+jerry"},
		{"a stranger asks", online, asks("nobody", true), ""},
		{"a former friend asks", online, asks("butch", true), ""},
		{"oneself", online, asks("tom", true), ""},
		{"a friend comes while nobody is there", offline, says("jerry", true), ""},
		{"it asks", offline, asks("jerry", true), "jerry<offline silent"},
	} {
		if got := show(s.w.Hear(s.p)); got != s.want {
			t.Errorf("%s: %q, want %q", s.name, got, s.want)
		}
	}
}

// Who goes offline forgets who is online: what it was told before, or while it was away, counts for nothing afterwards.
func TestUser_OfflineForgetsWhoIsAround(t *testing.T) {
	w := befriended(t)
	w.Attend(true)
	w.Hear(says("jerry", true))
	w.Attend(false)
	w.Hear(says("spike", true))
	w.Attend(true)
	for _, friend := range []string{"jerry", "spike"} {
		if got := show(w.Hear(says(friend, true))); got != "+"+friend {
			t.Errorf("%s comes: %q, want that it is announced", friend, got)
		}
	}
}

// A friendship that begins while the user is online asks the friend, silently: nobody came online. One that ended and
// begins again does too, and knows nothing of before. Repeats ask nobody, nor does who is offline.
func TestUser_NewFriendIsAsked(t *testing.T) {
	w := begin()
	w.do(t, login(""))
	if got := show(w.do(t, tell(spike, fact(spike, 1, true))).Out); got != "" {
		t.Errorf("a new friend of one who is offline: %q, want nothing", got)
	}
	w.Attend(true)
	const asked = "jerry<online ask silent"
	for i, s := range []struct {
		items []*pb.Told
		want  string
	}{
		{[]*pb.Told{fact(jerry, 1, true)}, asked},
		{[]*pb.Told{fact(jerry, 1, true)}, ""},
		{[]*pb.Told{fact(jerry, 2, false)}, ""},
		{[]*pb.Told{fact(jerry, 1, true)}, ""},
		{[]*pb.Told{fact(jerry, 3, true)}, asked},
		{[]*pb.Told{fact(jerry, 4, false), fact(jerry, 5, true)}, asked},
		{[]*pb.Told{fact(jerry, 6, true), fact(jerry, 7, false)}, ""},
	} {
		if got := show(w.do(t, tell(jerry, s.items...)).Out); got != s.want {
			t.Errorf("step %d: %q, want %q", i, got, s.want)
		}
	}
	w.do(t, tell(jerry, fact(jerry, 8, true)))
	w.Hear(says("jerry", true))
	w.do(t, tell(jerry, fact(jerry, 9, false), fact(jerry, 10, true)))
	if got := show(w.Hear(says("jerry", true))); got != "+jerry" {
		t.Errorf("a friend of old comes: %q, want that it is announced", got)
	}
}

// Presence is soft: it is no part of the state, and a fresh core is offline.
func TestUser_PresenceIsNoState(t *testing.T) {
	w := befriended(t)
	before := string(w.Marshal())
	w.Attend(true)
	w.Hear(says("jerry", true))
	if string(w.Marshal()) != before {
		t.Error("presence changed the state")
	}
	next := user.New(address)
	if err := next.Unmarshal(w.Marshal()); err != nil {
		t.Fatal(err)
	}
	if got, want := show(next.Hear(asks("jerry", true))), "jerry<offline silent"; got != want {
		t.Errorf("a successor answers %q, want %q", got, want)
	}
}
