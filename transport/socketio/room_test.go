package socketio_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/dispatch"
)

// under is a message in a room that is under way.
type under struct {
	say  dispatch.Say
	done func(dispatch.Said, error)
}

// withhold makes the backend hand over what is said in rooms instead of answering it.
func (f *fixture) withhold() chan under {
	way := make(chan under, 1000)
	f.sayLive = func(s dispatch.Say, done func(dispatch.Said, error)) { way <- under{s, done} }
	return way
}

// Section 5.3: each sort of target gets the whole message, at its own address; a room without waiting.
func TestSay_ReachesItsTarget(t *testing.T) {
	t.Parallel()
	f := serve(t)
	stored := make(chan dispatch.Say, 1)
	f.say = func(_ context.Context, s dispatch.Say) (dispatch.Said, error) {
		stored <- s
		return dispatch.Said{}, nil
	}
	live := f.withhold()
	c := f.loggedIn("tom")
	send := func(toType int) {
		c.Send(fmt.Sprintf(`42/chat,["say",{"to":{"id":"x","type":%d},"content":{"media":3,"body":[1]},"remark":"r","push":{"sound":"s"},"id":"m-1"}]`, toType))
	}
	check := func(got dispatch.Say, to im.Address, as im.Relation) {
		t.Helper()
		want := dispatch.Say{
			From: "tom", To: to, Relation: as, Media: 3, Body: []byte("[1]"), Remark: "r",
			Session: got.Session, Push: []byte(`{"sound":"s"}`), ClientID: "m-1",
		}
		if !reflect.DeepEqual(got, want) || got.Session == "" {
			t.Errorf("got %+v, want %+v with a session", got, want)
		}
	}
	send(0)
	check(<-stored, im.User("a", "x"), im.FriendRelation)
	send(1)
	check(<-stored, im.Group("a", "x"), "")
	send(3)
	check(<-stored, im.Passenger("a", "x"), im.PassengerRelation)
	send(4)
	check(<-stored, im.User("a", "x"), im.StrangerRelation)
	send(2)
	m := <-live
	check(m.say, im.Room("a", "x"), "")
	m.done(dispatch.Said{}, nil)
}

// Many messages in rooms are under way at once, in the order in which they came, and are answered as their answers come.
func TestRoom_ManyUnderWayInOrder(t *testing.T) {
	t.Parallel()
	f := serve(t)
	way := f.withhold()
	c := f.loggedIn("tom")
	const bound, total = 64, 200
	for i := range total {
		c.Send(sayIn(fmt.Sprint(i), fmt.Sprint("r", i%3), fmt.Sprint("m", i)))
	}
	waiting := make([]under, 0, total)
	for range bound { // none is answered yet
		waiting = append(waiting, <-way)
	}
	for i := range total {
		m := waiting[i]
		if want := fmt.Sprintf(`"m%d"`, i); string(m.say.Body) != want {
			t.Fatalf("message %d is %s", i, m.say.Body)
		}
		m.done(dispatch.Said{TS: im.Millis(i)}, nil)
		c.Want(fmt.Sprintf(`43/chat,%d[{"success":true,"ts":%d}]`, i, i))
		if len(waiting) < total {
			waiting = append(waiting, <-way)
		}
	}
	alive(t, c)
}

// Messages to friends and in rooms that are not answered count together: beyond 64 the socket is not read, and as they
// are answered, it is again. Fails when sayLive does not count.
func TestRoom_BoundStopsReading(t *testing.T) {
	t.Parallel()
	f := serve(t)
	way := make(chan func(), 1000) // what answers a message
	f.sayLive = func(_ dispatch.Say, done func(dispatch.Said, error)) {
		way <- func() { done(dispatch.Said{TS: 1}, nil) }
	}
	f.say = func(context.Context, dispatch.Say) (dispatch.Said, error) {
		answer := make(chan bool)
		way <- func() { close(answer) }
		<-answer
		return dispatch.Said{N: 1, TS: 1}, nil
	}
	c := f.loggedIn("tom")
	const bound, total = 64, 200
	for i := range total {
		if i%2 == 0 {
			c.Send(sayIn(fmt.Sprint(i), "lounge", "x"))
		} else {
			c.Send(say(fmt.Sprint(i), fmt.Sprint("u", i), "x"))
		}
	}
	c.Send("2end")
	waiting := make([]func(), 0, total)
	for range bound {
		waiting = append(waiting, <-way)
	}
	if n := len(way); n != 0 {
		t.Errorf("%d messages beyond the bound are under way", n)
	}
	for i := range total {
		waiting[i]()
		if len(waiting) < total {
			waiting = append(waiting, <-way)
		}
	}
	wantEndBehind(t, c, total-bound, total)
}

// Sections 5.2 and 5.3: what is answered to a message in a room. It has no number.
func TestRoom_Answers(t *testing.T) {
	t.Parallel()
	f := serve(t)
	f.sayLive = func(s dispatch.Say, done func(dispatch.Said, error)) {
		kind, refused := map[string]im.ErrorKind{
			"secret": im.NotPermitted, "gone": im.NotFound, "cut": im.Unavailable, "busy": im.Overloaded,
		}[s.To.ID]
		if refused {
			done(dispatch.Said{}, im.E("x", kind, ""))
			return
		}
		go done(dispatch.Said{TS: 5}, nil)
	}
	c := f.loggedIn("tom")
	for _, tc := range []struct{ send, want string }{
		{sayIn("1", "lounge", "x"), `43/chat,1[{"success":true,"ts":5}]`},
		{sayIn("2", "secret", "x"), `43/chat,2[{"success":false,"error":5003}]`},
		{sayIn("3", "gone", "x"), `43/chat,3[{"success":false,"error":5004}]`},
		{sayIn("4", "cut", "x"), `43/chat,4[{"success":false,"error":5013}]`},
		{sayIn("5", "busy", "x"), `43/chat,5[{"success":false,"error":5014}]`},
		{sayIn("6", "no room", "x"), `43/chat,6[{"success":false,"error":5001}]`},
		{`42/chat,["say",{"to":{"id":"lounge","type":2},"content":{"body":1},"ack":7}]`, `42/chat,["ack",{"ack":7,"ts":5}]`},
		{`42/chat,8["say",{"to":{"id":"lounge","type":2},"content":{"body":1},"id":"m"}]`, `43/chat,8[{"success":true,"ts":5,"id":"m"}]`},
	} {
		c.Send(tc.send)
		c.Want(tc.want)
	}
	c.Send(sayIn("", "secret", "x"))
	c.Send(`42/chat,["say",{"to":{"id":"secret","type":2},"content":{"body":1},"ack":7}]`)
	alive(t, c)
}

// What is said in a room of the user's comes from the login on, to the speaker's other sessions as a mirror.
func TestRoom_MessageReachesListeners(t *testing.T) {
	t.Parallel()
	f := serve(t)
	publish := func(from im.UserID, session im.SessionID, body string) {
		f.hub.Publish(im.Room("a", "lounge"), im.Epoch{}, &pb.Delivery{
			From: string(from), To: "lounge", Ts: 5, Source: pb.Source_ROOM,
			Said: &pb.Said{Content: &pb.Content{Body: []byte(body)}, OriginSession: string(session)},
		})
	}
	f.login = func(_ context.Context, user im.UserID, _ im.InstallID) error {
		f.hub.Listen(im.User("a", user), true, []im.RoomID{"lounge"}, nil)
		if user == "tom" {
			publish("ann", "", `"early"`) // before the client is connected
		}
		return nil
	}
	f.sayLive = func(s dispatch.Say, done func(dispatch.Said, error)) {
		publish(s.From, s.Session, string(s.Body))
		done(dispatch.Said{TS: 5}, nil)
	}
	const (
		early = `42/chat,["message",{"from":{"id":"ann","type":2,"gid":"lounge"},"to":{"id":"lounge","type":2},"content":{"media":0,"body":"early"},"ts":5}]`
		hi    = `42/chat,["message",{"from":{"id":"tom","type":2,"gid":"lounge"},"to":{"id":"lounge","type":2},"content":{"media":0,"body":"hi"},"ts":5}]`
	)
	jerry := f.loggedIn("jerry")
	tom := f.loggedIn("tom")
	jerry.Want(early)
	mirror := f.loggedIn("tom")
	jerry.Want(early)
	tom.Want(early)
	tom.Send(sayIn("1", "lounge", "hi"))
	tom.Want(`43/chat,1[{"success":true,"ts":5}]`)
	mirror.Want(`42/chat,["yourself",{"to":{"id":"lounge","type":2},"content":{"media":0,"body":"hi"},"ts":5}]`)
	jerry.Want(hi)
	alive(t, tom)
}

// A client that went away gets no answer, nor does its next stay; Close waits for the answer all the same. Fails when
// sayLive is no task.
func TestRoom_AnswerComesTooLate(t *testing.T) {
	t.Parallel()
	f := serve(t)
	way := f.withhold()
	c := f.loggedIn("tom")
	c.Send(sayIn("1", "lounge", "x"))
	c.Send("41/chat")
	c.Send("40/chat")
	c.Want("40/chat,", `42/chat,["login",{"success":true,"id":"tom"}]`)
	(<-way).done(dispatch.Said{TS: 5}, nil)
	c.Send(sayIn("2", "lounge", "y"))
	last := <-way
	alive(t, c)
	_ = c.Conn.Close()
	closed := make(chan error, 1)
	go func() { closed <- f.srv.Close(context.Background()) }()
	select {
	case err := <-closed:
		t.Errorf("Close did not wait: %v", err)
		closed <- err
	case <-time.After(50 * time.Millisecond):
	}
	last.done(dispatch.Said{TS: 5}, nil)
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
}
