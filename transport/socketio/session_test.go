package socketio_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/ws"
	"github.com/parley-im/parley/transport/ws/wstest"
)

// deliverer makes the backend store messages with stamps from 1479000000001 on and deliver them through the hub.
func (f *fixture) deliverer() {
	var n uint64
	f.say = func(_ context.Context, s dispatch.Say) (dispatch.Said, error) {
		n++
		d := &pb.Delivery{From: string(s.From), To: s.To.ID, Ts: 1479000000000 + int64(n), Said: &pb.Said{
			Speaker: string(s.From), Content: &pb.Content{Media: s.Media, Body: s.Body}, Remark: s.Remark,
			OriginSession: string(s.Session), Push: s.Push, ClientId: s.ClientID,
		}}
		dialog := im.FriendDialog("a", s.From, im.UserID(s.To.ID))
		f.hub.Deliver(s.To, dialog, d)
		f.hub.Deliver(im.User("a", s.From), dialog, d)
		return dispatch.Said{N: n, TS: im.Millis(d.Ts)}, nil
	}
}

// "The MaxIM wire protocol", section 11, byte for byte, with a second session of tom that hears itself.
func TestSession_MinimalSessionOfTheProtocol(t *testing.T) {
	t.Parallel()
	f := serve(t)
	f.deliverer()
	jerry, mirror := f.loggedIn("jerry"), f.loggedIn("tom")

	tom := wstest.Dial(t, f.url, "/socket.io/?auth=%7B%22app%22%3A%22a%22%2C%22sign%22%3A%22good%22%2C%22client%22%3A%22tom%22%7D&EIO=3&transport=websocket")
	open := tom.Text()
	var fields struct{ SID string }
	if err := json.Unmarshal([]byte(open[1:]), &fields); err != nil {
		t.Fatal(err)
	}
	if want := `0{"sid":"` + fields.SID + `","upgrades":[],"pingInterval":25000,"pingTimeout":60000}`; open != want || fields.SID == "" {
		t.Errorf("got %s, want %s", open, want)
	}
	tom.Want("40")
	tom.Send("40/chat")
	tom.Want("40/chat,", `42/chat,["login",{"success":true,"id":"tom"}]`)
	tom.Send(`42/chat,["say","{\"to\":{\"id\":\"jerry\",\"type\":0},\"content\":{\"media\":0,\"body\":\"hi\"},\"ts\":1}"]`)
	jerry.Want(`42/chat,["message",{"from":{"id":"tom","type":0},"to":{"id":"jerry","type":0},"content":{"media":0,"body":"hi"},"ts":1479000000001}]`)
	mirror.Want(`42/chat,["yourself",{"to":{"id":"jerry","type":0},"content":{"media":0,"body":"hi"},"ts":1479000000001}]`)
	tom.Send("2")
	tom.Want("3")
	tom.Send("41/chat")
	tom.Raw(wstest.Frame(0x80|wstest.Close, true, []byte{3, 232}))
	tom.WantClose(ws.CloseNormal)
	eventually(t, "tom's session has left", func() bool { return f.hub.Sessions("a", "tom") == 1 })
	eventually(t, "the end is counted", func() bool { return f.hooks.String() == "2 open, map[client closed:1], 0 slow" })
}

// Section 5.1 and 5.2: v4's object, CJK and emoji as they came, remark, ack 0, and push kept from receivers.
func TestSession_SayObjectWithAck(t *testing.T) {
	t.Parallel()
	f := serve(t)
	f.deliverer()
	tom, jerry := f.loggedIn("tom"), f.loggedIn("jerry")
	tom.Send(`42/chat,["say",{"to":{"id":"jerry","type":0},"content":{"media":1,"body":["汤😀",{"x":1.0}]},"remark":"r","ack":0,"push":{"enable":false},"id":"m-1"}]`)
	jerry.Want(`42/chat,["message",{"from":{"id":"tom","type":0},"to":{"id":"jerry","type":0},"content":{"media":1,"body":["汤😀",{"x":1.0}]},"ts":1479000000001,"remark":"r","id":"m-1"}]`)
	tom.Want(`42/chat,["ack",{"ack":0,"ts":1479000000001}]`)
	alive(t, tom)
}

// Section 5.3: who asks for no answer gets none, whatever becomes of its message; an `ack` event is for accepted ones alone.
// What is answered to who asks is in TestWire_SaysAreAnsweredAsDocumented and TestWire_AnswersAreAsDocumented.
func TestSession_AnswersOnlyWhoAsks(t *testing.T) {
	t.Parallel()
	f := serve(t)
	f.say = func(_ context.Context, s dispatch.Say) (dispatch.Said, error) {
		if s.To.ID == "enemy" {
			return dispatch.Said{}, im.E("x", im.NotPermitted, "")
		}
		return dispatch.Said{N: 7, TS: 5}, nil
	}
	c := f.loggedIn("tom")
	for _, silent := range []string{
		say("", "enemy", "x"), say("", "jerry", "x"), `42/chat,["say",{}]`, `42/chat,["say",{"to":{"id":"p","type":3},"content":{"body":1}}]`,
		`42/chat,["say",{"to":{"id":"enemy"},"content":{"body":1},"ack":1}]`,
	} {
		c.Send(silent)
	}
	c.Send(say("21", "enemy", "x")) // in the same lanes: whatever the others had caused would come before
	c.Want(`43/chat,21[{"success":false,"error":5003}]`)
	c.Send(say("22", "jerry", "x"))
	c.Want(`43/chat,22[{"success":true,"ts":5,"n":7}]`)
	alive(t, c)
}

// Section 3.8: packets that make no sense, or come too early, change nothing.
func TestSession_IgnoresNonsense(t *testing.T) {
	t.Parallel()
	f := serve(t)
	said := make(chan dispatch.Say, 16)
	f.say = func(_ context.Context, s dispatch.Say) (dispatch.Said, error) {
		said <- s
		return dispatch.Said{}, nil
	}
	c := f.dial(auth("tom"))
	for _, early := range []string{say("1", "jerry", "early"), "41/chat", "41", "40", "43/chat,1[]", "4", "4x", "45", "451-/chat,[\"x\"]"} {
		c.Send(early)
	}
	c.Raw(wstest.Frame(0x80|wstest.Binary, true, []byte("\x04attachment")))
	alive(t, c)
	c.Send(`40/chat?auth={"app":"x","sign":"a,b"}`)
	c.Want("40/chat,", `42/chat,["login",{"success":true,"id":"tom"}]`)
	for _, odd := range []string{"40/chat", "40/chat,", "40/chat,{}", say("1", "j", "x")[:20], "42[\"say\",{}]", "42/other,1[\"say\",{}]", "4" + strings.Repeat("2", 100)} {
		c.Send(odd)
	}
	alive(t, c)
	c.Send("40/other,")
	c.Want(`44/other,"Invalid namespace"`)
	c.Send("40/" + strings.Repeat("x", 1000))
	alive(t, c)
	if n := f.hub.Sessions("a", "tom"); n != 1 || len(said) != 0 {
		t.Errorf("%d sessions, %d messages; want 1, 0", n, len(said))
	}
}

// Section 3.8: DISCONNECT ends the login, not the session; a later CONNECT logs in again, as another session.
func TestSession_DisconnectAndReturn(t *testing.T) {
	t.Parallel()
	f := serve(t)
	sessions := make(chan im.SessionID, 2)
	f.say = func(_ context.Context, s dispatch.Say) (dispatch.Said, error) {
		sessions <- s.Session
		return dispatch.Said{}, nil
	}
	c := f.loggedIn("tom")
	c.Send(say("", "jerry", "x"))
	first := <-sessions
	c.Send("41/chat,")
	alive(t, c)
	if n := f.hub.Sessions("a", "tom"); n != 0 {
		t.Errorf("%d sessions after DISCONNECT", n)
	}
	c.Send(say("1", "jerry", "ignored"))
	alive(t, c)
	c.Send("40/chat")
	c.Want("40/chat,", `42/chat,["login",{"success":true,"id":"tom"}]`)
	c.Send(say("", "jerry", "x"))
	if second := <-sessions; second == first || second == "" {
		t.Errorf("sessions %q, then %q", first, second)
	}
}

// A client that does not read is cut, leaves the hub, and comes to nobody's harm.
func TestSession_SlowReaderIsCut(t *testing.T) {
	t.Parallel()
	f := serve(t)
	f.loggedIn("jerry") // reads no more
	quick := f.loggedIn("jerry")
	body, err := json.Marshal(strings.Repeat("x", 60<<10))
	if err != nil {
		t.Fatal(err)
	}
	dialog := im.FriendDialog("a", "tom", "jerry")
	var n uint64
	deliver := func() {
		n++
		f.hub.Deliver(im.User("a", "jerry"), dialog, &pb.Delivery{From: "tom", To: "jerry", N: n, Said: &pb.Said{Content: &pb.Content{Body: body}}})
		if got := quick.Text(); !strings.Contains(got, fmt.Sprintf(`"n":%d}`, n)) {
			t.Fatalf("message %d did not come: %.60s", n, got)
		}
	}
	for deadline := time.Now().Add(wstest.Timeout); f.hub.Sessions("a", "jerry") == 2; {
		if deliver(); time.Now().After(deadline) {
			t.Fatal("the slow reader was not cut")
		}
	}
	deliver()
	eventually(t, "the cut is counted", func() bool { return f.hooks.String() == "1 open, map[slow:1], 1 slow" })
}
