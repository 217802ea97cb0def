package socketio_test

import (
	"context"
	"fmt"
	"regexp"
	"testing"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/ws/wstest"
)

// visitor opens a session of a passenger, who is told the id want.
func (f *fixture) visitor(passenger, want string) *wstest.Client {
	f.t.Helper()
	c := f.dial(`{"app":"a","sign":"good","install":"i","client":"tom","passenger":` + passenger + `}`)
	c.Send("40/chat")
	c.Want("40/chat,", `42/chat,["login",{"success":true,"id":"`+want+`"}]`)
	return c
}

// Mode 5 of section 4: whatever else is given, the passenger counts. All fields but its id are its attributes, as they came, the
// last of a name.
func TestPassenger_LogsIn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ passenger, want string }{
		{`{"id":"p-1"}`, "p-1 []"},
		{`{"name":"x","id":"p-1","n":1.50,"o":{"id": [1]},"gone":null,"name":"y"}`, `p-1 [name="y" n=1.50 o={"id": [1]} gone=null]`},
	} {
		f := serve(t)
		got := make(chan string, 1)
		f.welcome = func(_ context.Context, p im.PassengerID, set []dispatch.Attribute) (im.PassengerID, error) {
			pairs := []string{}
			for _, a := range set {
				pairs = append(pairs, a.Name+"="+string(a.Value))
			}
			got <- fmt.Sprintf("%s %v", p, pairs)
			return p, nil
		}
		f.visitor(tc.passenger, "p-1")
		if got := <-got; got != tc.want {
			t.Errorf("%s: welcomed %s, want %s", tc.passenger, got, tc.want)
		}
		if n := f.hub.Sessions("a", "p-1") + f.hub.Sessions("a", "tom"); n != 0 {
			t.Errorf("%s: the passenger is among the users", tc.passenger)
		}
	}
}

// A passenger, with an id of its own or without, is in the hub before it is welcomed, under the address that it is welcomed at
// and told of: a drawn id is 32 hex digits. So whoever takes messages to it knows where it is before anybody can answer it.
//
// Checked by breaking it: with enterHub behind Welcome nobody has entered.
func TestPassenger_EntersTheHubBeforeItIsWelcomed(t *testing.T) {
	t.Parallel()
	drawn := regexp.MustCompile(`^[0-9a-f]{32}$`)
	for _, passenger := range []string{`{"id":"own"}`, `{}`, `{"id":null}`, `{"id":""}`} {
		f := serve(t)
		entered, welcomed := make(chan im.Address, 1), make(chan im.Address, 1)
		f.hub.entered = func(who im.Address) { entered <- who }
		f.welcome = func(_ context.Context, p im.PassengerID, _ []dispatch.Attribute) (im.PassengerID, error) {
			select {
			case who := <-entered:
				welcomed <- who
			default:
				welcomed <- im.Address{}
			}
			return p, nil
		}
		c := f.dial(`{"app":"a","sign":"good","passenger":` + passenger + `}`)
		c.Send("40/chat")
		c.Want("40/chat,")
		who := <-welcomed
		if who != im.Passenger("a", im.PassengerID(who.ID)) || who.ID != "own" && !drawn.MatchString(who.ID) {
			t.Errorf("%s: %v had entered the hub", passenger, who)
		}
		c.Want(`42/chat,["login",{"success":true,"id":"` + who.ID + `"}]`)
	}
}

// A passenger whose login is refused has left the hub.
//
// Checked by breaking it: without leaveHubLocked in refuse.
func TestPassenger_RefusedLeavesTheHub(t *testing.T) {
	t.Parallel()
	f := serve(t)
	left := make(chan im.Address, 1)
	f.hub.left = func(who im.Address) { left <- who }
	f.welcome = func(context.Context, im.PassengerID, []dispatch.Attribute) (im.PassengerID, error) {
		return "", im.E("x", im.TooLong, "")
	}
	c := f.dial(`{"app":"a","sign":"good","passenger":{"id":"rich"}}`)
	c.Send("40/chat")
	c.Want("40/chat,", `42/chat,["login",{"success":false,"error":5010}]`, "41/chat,")
	select {
	case who := <-left:
		if who != im.Passenger("a", "rich") {
			t.Errorf("%v has left", who)
		}
	default:
		t.Error("it is in the hub")
	}
}

// What a passenger says goes to a user, without a type or with 0; with any other it is malformed. Deliveries to a passenger
// reach it and not the user of that id, and what it says is mirrored to its other session alone.
func TestPassenger_TalksToUsers(t *testing.T) {
	t.Parallel()
	f := serve(t)
	f.say = func(_ context.Context, s dispatch.Say) (dispatch.Said, error) {
		said := &pb.Said{Speaker: string(s.From), Content: &pb.Content{Body: s.Body}, OriginSession: string(s.Session)}
		d := &pb.Delivery{From: string(s.From), To: s.To.ID, N: 1, Ts: 5, Said: said, Source: pb.Source_PASSENGER}
		if s.Relation != im.PassengerRelation || s.To != im.User("a", "same") {
			return dispatch.Said{}, im.E("x", im.Internal, "")
		}
		dialog := im.PassengerDialog("a", "same", "same")
		f.hub.Deliver(im.User("a", "same"), dialog, d)
		f.hub.Deliver(im.Passenger("a", "same"), dialog, d)
		return dispatch.Said{N: 1, TS: 5}, nil
	}
	p, other, user := f.visitor(`{"id":"same"}`, "same"), f.visitor(`{"id":"same"}`, "same"), f.loggedIn("same")
	p.Send(say("1", "same", "hi"))
	user.Want(`42/chat,["message",{"from":{"id":"same","type":3},"to":{"id":"same","type":0},"content":{"media":0,"body":"hi"},"ts":5,"n":1}]`)
	other.Want(`42/chat,["yourself",{"to":{"id":"same","type":0},"content":{"media":0,"body":"hi"},"ts":5,"n":1}]`)
	p.Want(`43/chat,1[{"success":true,"ts":5,"n":1}]`)
	for i := 1; i <= 4; i++ {
		p.Send(fmt.Sprintf(`42/chat,["say",{"to":{"id":"same","type":%d},"content":{"body":1}}]`, i))
		p.Send(fmt.Sprintf(`42/chat,9["say",{"to":{"id":"same","type":%d},"content":{"body":1}}]`, i))
		p.Want(`43/chat,9[{"success":false,"error":5001}]`)
	}
	alive(t, p)
	alive(t, other)
	alive(t, user)
}

// A passenger has no installation: its logout ends the stay and unbinds nothing.
func TestPassenger_LogsOut(t *testing.T) {
	t.Parallel()
	f := serve(t)
	f.logout = func(context.Context, im.UserID, im.InstallID) error { return im.E("x", im.Internal, "") }
	for _, arg := range []string{``, `,{"install":"i"}`} {
		c := f.visitor(`{"id":"p"}`, "p")
		c.Send(`42/chat,["logout"` + arg + `]`)
		c.Want("41/chat,")
	}
}

// Section 4: who asks for notifyAll is known to the hub for it once it is in, and as long as it stays.
func TestLogin_NotifyAll(t *testing.T) {
	t.Parallel()
	f := serve(t)
	tom := im.User("a", "tom")
	f.loggedIn("tom")
	if f.hub.NotifiesAll(tom) {
		t.Error("who does not ask for it notifies all")
	}
	c := f.dial(`{"app":"a","sign":"good","client":"tom","notifyAll":true}`)
	c.Send("40/chat")
	c.Want("40/chat,", `42/chat,["login",{"success":true,"id":"tom"}]`)
	if !f.hub.NotifiesAll(tom) {
		t.Error("who asks for it does not notify all")
	}
	c.Send("41/chat")
	eventually(t, "it has left", func() bool { return !f.hub.NotifiesAll(tom) })
}
