package hub_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/hub"
)

// news is what the app says to a receiver; seq is its place among what its teller tells.
func news(source pb.Source, to string, seq uint64) *pb.Delivery {
	said := &pb.Said{Content: &pb.Content{Body: []byte(`"x"`)}}
	return &pb.Delivery{System: true, Source: source, To: to, Seq: seq, Ts: 5, Said: said}
}

func sys(to string) string {
	return `42/chat,["sys",{"content":{"media":0,"body":"x"},"ts":5` + to + `}]`
}

// enter lets a session in, of whomever.
func enter(h *hub.Hub, who im.Address, s *session, notifyAll bool) *session {
	h.Enter(who, s, notifyAll)
	h.Admit(who, s)
	return s
}

// What the app says to all reaches every admitted session of the app, users' and passengers', in one frame.
func TestHub_Broadcast(t *testing.T) {
	t.Parallel()
	f := newFixture()
	var in []*session
	for i := range 20 {
		id := fmt.Sprint("u", i)
		in = append(in, enter(f.Hub, im.User(app, im.UserID(id)), &session{id: im.SessionID(id)}, false))
		in = append(in, enter(f.Hub, im.Passenger(app, im.PassengerID(id)), &session{id: im.SessionID("p" + id)}, false))
	}
	entered, foreign := &session{id: "e"}, enter(f.Hub, im.User("b", tom), &session{id: "f"}, false)
	f.Enter(im.User(app, tom), entered, false)
	f.Broadcast(app, news(pb.Source_FRIEND, "", 0))
	for _, s := range in {
		want(t, s, sys(""))
		if &s.frames[0][0] != &in[0].frames[0][0] {
			t.Fatal("the frame was made twice")
		}
	}
	want(t, entered)
	want(t, foreign)
	if got := fmt.Sprint(f.counts.counts); got != "map[sys:40]" {
		t.Errorf("counted %s", got)
	}
}

// What the app says to one or to a room's members is no message: nobody has said it, and its place is not that of a message.
//
// Checked by breaking it: it fails when both are remembered as one series.
func TestHub_DeliversWhatTheAppSays(t *testing.T) {
	t.Parallel()
	f := newFixture()
	crew, lobby := im.Group(app, "crew"), im.Room(app, "lobby")
	s := enter(f.Hub, im.User(app, tom), &session{id: "t1"}, false)
	f.Listen(im.User(app, tom), true, []im.RoomID{"lobby"}, nil)
	deliver := func(teller im.Address, d *pb.Delivery) { f.Deliver(im.User(app, tom), teller, d) }
	deliver(crew, &pb.Delivery{Source: pb.Source_GROUP, From: "jerry", To: "crew", N: 3, Ts: 5, Said: news(0, "", 0).Said})
	deliver(crew, news(pb.Source_GROUP, "crew", 2))
	deliver(crew, news(pb.Source_GROUP, "crew", 2)) // told again
	deliver(crew, news(pb.Source_GROUP, "crew", 3))
	deliver(im.User(app, tom), news(pb.Source_FRIEND, "tom", 0))
	deliver(im.User(app, tom), news(pb.Source_FRIEND, "tom", 0)) // another one that says the same
	f.Publish(lobby, im.Epoch{}, news(pb.Source_ROOM, "lobby", 0))
	toCrew, toTom := sys(`,"to":{"id":"crew","type":1}`), sys(`,"to":{"id":"tom","type":0}`)
	const message = `42/chat,["message",{"from":{"id":"jerry","type":1,"gid":"crew"},"to":{"id":"crew","type":1},"content":{"media":0,"body":"x"},"ts":5,"n":3}]`
	want(t, s, message, toCrew, toCrew, toTom, toTom, sys(`,"to":{"id":"lobby","type":2}`))
	if got := fmt.Sprint(f.counts.counts); got != "map[message:1 sys:5]" {
		t.Errorf("counted %s", got)
	}
}

// A passenger and a user of one id are two: each gets its own, and the mirror goes to who spoke.
//
// Checked by breaking it: it fails when every speaker passes for a user.
func TestHub_TellsPassengersFromUsers(t *testing.T) {
	t.Parallel()
	f := newFixture()
	who := map[string]im.Address{"user": im.User(app, tom), "passenger": im.Passenger(app, "tom")}
	dialog := im.PassengerDialog(app, "tom", tom)
	for _, c := range []struct {
		source              pb.Source
		speaker, listener   string
		fromType, toTypeNum int
	}{{pb.Source_PASSENGER, "passenger", "user", 3, 0}, {pb.Source_TO_PASSENGER, "user", "passenger", 0, 3}} {
		sessions := map[string]*session{}
		for name, addr := range who {
			sessions[name] = enter(f.Hub, addr, &session{id: im.SessionID(name)}, false)
		}
		d := proto.CloneOf(said(0, "another"))
		d.Source, d.To = c.source, "tom"
		for _, addr := range who {
			f.Deliver(addr, dialog, d)
		}
		const rest = `"content":{"media":0,"body":"hi"},"ts":5}]`
		want(t, sessions[c.listener], fmt.Sprintf(`42/chat,["message",{"from":{"id":"tom","type":%d},"to":{"id":"tom","type":%d},`, c.fromType, c.toTypeNum)+rest)
		want(t, sessions[c.speaker], fmt.Sprintf(`42/chat,["yourself",{"to":{"id":"tom","type":%d},`, c.toTypeNum)+rest)
		for name, addr := range who {
			f.Leave(addr, sessions[name])
		}
	}
	if f.Attended(im.Passenger(app, "tom")) || f.Sessions(app, tom) != 0 {
		t.Error("somebody is left")
	}
}

// Of a user all others hear, friends and the user itself excepted; of a passenger, nobody is told that it came.
func TestHub_Proclaim(t *testing.T) {
	t.Parallel()
	f := newFixture()
	own := enter(f.Hub, im.User(app, tom), &session{id: "t"}, true)
	friend := enter(f.Hub, im.User(app, jerry), &session{id: "j"}, false)
	eve := enter(f.Hub, im.User(app, "eve"), &session{id: "e"}, false)
	namesake := enter(f.Hub, im.Passenger(app, "tom"), &session{id: "p"}, false)
	foreign := enter(f.Hub, im.User("b", "eve"), &session{id: "f"}, false)
	f.Proclaim(im.User(app, tom), true, []im.UserID{jerry, "absent"})
	f.Proclaim(im.User(app, tom), false, []im.UserID{jerry})
	for _, s := range []*session{eve, namesake} {
		want(t, s, `42/chat,["online_x","tom"]`, `42/chat,["offline_x","tom"]`)
	}
	for _, s := range []*session{own, friend, foreign} {
		want(t, s)
	}
	if got := fmt.Sprint(f.counts.counts); got != "map[offline_x:2 online_x:2]" {
		t.Errorf("counted %s", got)
	}
}
