package socketio_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/engineio/polltest"
)

// poll opens a session that is polled.
func (f *fixture) poll(d polltest.Dialect, auth string) *polltest.Client {
	f.t.Helper()
	return polltest.Open(f.t, f.url, d, "auth="+url.QueryEscape(auth))
}

// connected is what a CONNECT of /chat is answered with, but for the id that revision 4 has there.
func connected(t *testing.T, c *polltest.Client, packet string) {
	t.Helper()
	want := "40/chat,"
	if c.Dialect == polltest.Rev4 {
		want += `{"sid":"`
	}
	if !strings.HasPrefix(packet, want) {
		t.Fatalf("got %s, want %s", packet, want)
	}
}

// gather polls until so many packets have come.
func gather(c *polltest.Client, n int) (packets []string) {
	for len(packets) < n {
		packets = append(packets, c.MustGet("")...)
	}
	return packets
}

// A user who polls is here like any other, between polls too, and goes on by a WebSocket as if nothing had happened: presence
// and messages, of which the hub knows only one form.
func TestPolling_UserIsHereLikeAnyOther(t *testing.T) {
	t.Parallel()
	for _, d := range polltest.Dialects {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			f := serve(t)
			c := f.poll(d, auth("tom"))
			if root := strings.Join(c.First, " "); root != map[bool]string{true: "", false: "40"}[d == polltest.Rev4] {
				t.Errorf("%q came with the open packet", root)
			}
			c.MustPost("40/chat")
			packets := gather(c, 2)
			connected(t, c, packets[0])
			if packets[1] != `42/chat,["login",{"success":true,"id":"tom"}]` {
				t.Errorf("got %s", packets[1])
			}
			if f.hub.Sessions("a", "tom") != 1 {
				t.Error("tom is not here")
			}
			f.deliver("汤")
			const front = `42/chat,["message",{"from":{"id":"jerry","type":0},"to":{"id":"tom","type":0},"content":{"media":0,"body":`
			body := `"汤"`
			if d != polltest.Rev4 {
				body = `"\u6c64"`
			}
			c.Want(front + body + `},"ts":7}]`)
			f.deliver("one")
			c.MustPost(say("5", "jerry", "hi"))
			packets = gather(c, 2)
			if packets[0] != front+`"one"},"ts":7}]` || !strings.HasPrefix(packets[1], "43/chat,5[") {
				t.Errorf("got %q", packets)
			}
			socket, _ := c.Upgrade()
			f.deliver("two")
			socket.Want(front + `"two"},"ts":7}]`)
			socket.Send("1")
			eventually(t, "tom is gone", func() bool { return f.hub.Sessions("a", "tom") == 0 })
			eventually(t, "the end is counted", func() bool { return f.hooks.String() == "0 open, map[client closed:1], 0 slow" })
		})
	}
}

// deliver hands a message of jerry's to tom's sessions.
func (f *fixture) deliver(body string) {
	to := im.User("a", "tom")
	f.hub.Deliver(to, im.User("a", "jerry"), &pb.Delivery{
		From: "jerry", To: "tom", Ts: 7,
		Said: &pb.Said{Content: &pb.Content{Body: []byte(`"` + body + `"`)}},
	})
}

// Section 3.9: why a login was refused reaches who polls, even if the first poll comes when the session is over; only then is
// the session unknown.
func TestPolling_RefusedLoginIsSeen(t *testing.T) {
	t.Parallel()
	for _, d := range polltest.Dialects {
		f := serve(t)
		c := f.poll(d, `{"app":"a","sign":"bad","client":"tom"}`)
		timers := f.clock.Timers()
		c.MustPost("40/chat")
		eventually(t, "the end is being waited for", func() bool { return f.clock.Timers() == timers+1 })
		f.clock.Advance(500 * time.Millisecond)
		eventually(t, "the session is over", func() bool { return f.hooks.String() == "0 open, map[login refused:1], 0 slow" })
		packets := c.MustGet("")
		if len(packets) != 4 {
			t.Fatalf("got %q", packets)
		}
		connected(t, c, packets[0])
		if rest := strings.Join(packets[1:], " "); rest != `42/chat,["login",{"success":false,"error":5003}] 41/chat, 1` {
			t.Errorf("got %s", rest)
		}
		c.WantFault(http.MethodGet, "", nil, 1)
	}
}

// Section 3.7: revision 4 must connect in time, by polling too.
func TestPolling_Revision4MustConnect(t *testing.T) {
	t.Parallel()
	f := serve(t)
	c := f.poll(polltest.Rev4, auth("tom"))
	f.clock.Advance(25 * time.Second)
	c.Want("2")
	c.MustPost("3")
	f.clock.Advance(20 * time.Second)
	c.Want("1")
	eventually(t, "the end is counted", func() bool { return f.hooks.String() == "0 open, map[no connect:1], 0 slow" })
}
