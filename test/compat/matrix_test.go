package compat

import (
	"fmt"
	"slices"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// release is a release of socket.io-client: the last of its line, and the two that SDKs pin.
type release struct {
	number string
	// pkg is its directory in node_modules, bundle the file for pages in there, "" when it is not tried in pages.
	pkg, bundle string
}

var releases = []release{
	{"1.3.7", "socket.io-client", "socket.io.js"},
	{"1.4.8", "socket.io-client-1.4", ""},
	{"1.7.4", "socket.io-client-1.7", "dist/socket.io.js"},
	{"2.5.0", "socket.io-client-2.5", "dist/socket.io.js"},
	{"3.1.3", "socket.io-client-3", ""},
	{"4.8.3", "socket.io-client-4", "dist/socket.io.js"},
}

// way is how a client may connect.
type way struct {
	name string
	// option is the client's `transports`, end the one that packets go by in the end.
	option, end string
}

var (
	byWebSocket = way{"WebSocket", "websocket", "websocket"}
	byPolling   = way{"polling", "polling", "polling"}
	byUpgrade   = way{"polling, upgrade", "polling,websocket", "websocket"}

	ways = []way{byWebSocket, byPolling, byUpgrade}
)

// inNode is a bare client in Node.
func inNode(number string, w way) kind {
	r := releases[slices.IndexFunc(releases, func(r release) bool { return r.number == number })]
	args := []string{"clients/socketio.js", r.pkg, w.option}
	return kind{"socket.io-client " + r.number + " by " + w.name, args, "login", false, w.end}
}

// Every client by every transport that it has: users log in, talk, ask for acknowledgements, lose their connection and
// come back. Checked by breaking it: answers of polling without \u escapes (1.x garbles them), no noop for the waiting GET
// of an upgrade (it never ends).
func TestMatrix_EveryClientByEveryTransport(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	for i, r := range releases {
		for j, w := range ways {
			k := inNode(r.number, w)
			t.Run(k.name, func(t *testing.T) {
				t.Parallel()
				meet(t, s, k, fmt.Sprintf("-%d-%d", i, j))
			})
		}
	}
}

// meet is what every cell of the matrix must do: tom, in two sessions, and jerry, whose ids end with suffix, meet while
// their clients may still be moving to another transport; then tom's connection breaks, and jerry leaves and returns.
func meet(t *testing.T, s *servertest.Node, k kind, suffix string) {
	t.Helper()
	tom, twin, jerry := login(t, s, k, "tom"+suffix), login(t, s, k, "tom"+suffix), login(t, s, k, "jerry"+suffix)
	tom.befriend(jerry.user)
	talk(t, tom, twin, jerry)
	asks(t, tom, jerry, len(lines)+1)
	settle(tom, twin, jerry)

	tom.Do("drop", true)
	jerry.Do("goodbye")
	jerry.Await("disconnect", nil)
	jerry.Do("again")
	tom.AwaitNth("login", 2, nil)
	jerry.AwaitNth("login", 2, nil)
	asks(t, tom, jerry, len(lines)+2)
	asks(t, jerry, tom, len(lines)+3)
	twin.hears("yourself", number(len(lines)+2))
	settle(tom, twin, jerry)
}

// asks lets from say a text with an acknowledgement, and checks that it is what to hears: the nth of their conversation.
func asks(t *testing.T, from, to *session, n int) {
	t.Helper()
	a := from.ask(client.Text(to.user, number(n)))
	h := to.hears("message", number(n))
	checkMessage(t, to, h, from.user)
	if !a.Success || a.N != uint64(n) || a.N != h.N || a.TS != h.TS {
		t.Errorf("%s: answered %+v, delivered %+v; want n %d", from.Name, a, h, n)
	}
}

func number(n int) string { return fmt.Sprintf("№ %d, 第%d, 😀", n, n) }

// settle waits until the sessions use the transport that they mean to keep.
func settle(sessions ...*session) {
	for _, p := range sessions {
		p.T.Helper()
		servertest.Eventually(p.T, p.Name+" goes by "+p.kind.transport, func() bool {
			return string(p.Do("transport")) == fmt.Sprintf("%q", p.kind.transport)
		})
	}
}
