package socketio_test

import (
	"testing"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/engineio/polltest"
	"github.com/parley-im/parley/transport/ws"
)

// A session that is evicted gets what is queued and loses its transport, so that its client comes back by itself: no
// DISCONNECT says that it is to stay away. Others stay.
func TestEvict_ClosesTheTransport(t *testing.T) {
	t.Parallel()
	f := serve(t)
	tom, jerry := f.loggedIn("tom"), f.loggedIn("jerry")
	f.deliver("last")
	f.hub.Evict(im.User("a", "tom"))
	tom.Want(`42/chat,["message",{"from":{"id":"jerry","type":0},"to":{"id":"tom","type":0},"content":{"media":0,"body":"last"},"ts":7}]`)
	tom.WantClose(ws.CloseNormal)
	eventually(t, "tom has left", func() bool { return f.hub.Sessions("a", "tom") == 0 })
	alive(t, jerry)
}

// So does one that polls: its poll is answered with the Engine.IO close.
func TestEvict_EndsPolling(t *testing.T) {
	t.Parallel()
	for _, d := range polltest.Dialects {
		f := serve(t)
		c := f.poll(d, auth("tom"))
		c.MustPost("40/chat")
		gather(c, 2)
		f.hub.Evict(im.User("a", "tom"))
		c.Want("1")
		eventually(t, "tom has left", func() bool { return f.hub.Sessions("a", "tom") == 0 })
	}
}
