package cluster

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/transport/engineio/polltest"
	"github.com/parley-im/parley/transport/ws/wstest"
)

// balance returns the URL of a load balancer that sends each request to the next node, whosever it is.
func balance(t *testing.T, nodes []*servertest.Node) string {
	t.Helper()
	var turn atomic.Uint64
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true}
	balancer := httptest.NewServer(&httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = "http", nodes[turn.Add(1)%uint64(len(nodes))].Listen
		r.Out.URL.RawQuery = r.In.URL.RawQuery
	}})
	t.Cleanup(balancer.Close)
	return balancer.URL
}

// caller is a user who polls, and who may go on by WebSocket.
type caller struct {
	*polltest.Client
	socket *wstest.Client
	t      *testing.T
	heard  []string
}

// call logs a user in by polls to base.
func call(t *testing.T, base string, d polltest.Dialect, user string) *caller {
	t.Helper()
	auth, err := json.Marshal(map[string]any{"app": servertest.App, "sign": client.SignNow(servertest.ClientKey), "client": user})
	if err != nil {
		t.Fatal(err)
	}
	c := &caller{t: t, Client: polltest.Open(t, base, d, "auth="+url.QueryEscape(string(auth)))}
	c.HTTP.Timeout = servertest.Patience
	c.MustPost("40/chat,")
	for !slices.ContainsFunc(c.MustGet(""), func(packet string) bool { return strings.Contains(packet, `["login",{"success":true`) }) {
	}
	return c
}

// owner is the node that has the session, and others are those that have not.
func (c *caller) owner(nodes []*servertest.Node) (owner *servertest.Node, others []*servertest.Node) {
	c.t.Helper()
	number, _, _ := strings.Cut(c.SID, ".")
	for _, n := range nodes {
		if n.Name == "node"+number {
			owner = n
		} else {
			others = append(others, n)
		}
	}
	if owner == nil {
		c.t.Fatalf("whose is %s?", c.SID)
	}
	return owner, others
}

// says sends texts to a friend, in one go.
func (c *caller) says(to string, texts ...string) {
	c.t.Helper()
	var packets []string
	for _, text := range texts {
		message, err := json.Marshal(client.Text(to, text))
		if err != nil {
			c.t.Fatal(err)
		}
		event, err := json.Marshal([]string{"say", string(message)})
		if err != nil {
			c.t.Fatal(err)
		}
		packets = append(packets, "42/chat,"+string(event))
	}
	if c.socket == nil {
		c.MustPost(packets...)
		return
	}
	for _, packet := range packets {
		c.socket.Send(packet)
	}
}

// hears waits until the caller has heard as many events as are wanted, and checks that they are these, in this order.
func (c *caller) hears(want ...string) {
	c.t.Helper()
	for len(c.heard) < len(want) {
		packets := []string{}
		if c.socket == nil {
			packets = c.MustGet("")
		} else {
			packets = append(packets, c.socket.Text())
		}
		c.hear(packets)
	}
	if !slices.Equal(c.heard, want) {
		c.t.Fatalf("heard\n %.3000s\nwant\n %.3000s", strings.Join(c.heard, "\n "), strings.Join(want, "\n "))
	}
	c.heard = nil
}

func (c *caller) hear(packets []string) {
	c.t.Helper()
	for _, packet := range packets {
		event, isEvent := strings.CutPrefix(packet, "42/chat,")
		var parts []json.RawMessage
		var name string
		if !isEvent || json.Unmarshal([]byte(event), &parts) != nil || json.Unmarshal(parts[0], &name) != nil {
			continue
		}
		if line := shorten(name, parts[1]); strings.HasPrefix(line, "message ") {
			c.heard = append(c.heard, line)
		}
	}
}

// upgrade moves the session to a WebSocket at n. What the last polls bring is heard.
func (c *caller) upgrade(n *servertest.Node) {
	c.t.Helper()
	socket := wstest.Dial(c.t, n.URL(), c.Path("websocket"))
	if err := socket.Conn.SetDeadline(time.Now().Add(servertest.Patience)); err != nil {
		c.t.Fatal(err)
	}
	socket.Send("2probe")
	socket.Want("3probe")
	c.hear(c.MustGet(""))
	socket.Send("5")
	c.socket = socket
}

// Whoever polls may reach another node with each request, as behind a balancer that knows nothing of sessions: all that is said
// arrives, in order and once, long texts included; so it does after the upgrade to a WebSocket at a node that does not have
// the session.
//
// Checked by breaking it: the second request of the session is answered with code 1 when nothing is passed on.
func TestPolling_ReachesItsSessionByAnyNode(t *testing.T) {
	t.Parallel()
	reachItsSession(t, servertest.StartCluster(t, 3))
}

func reachItsSession(t *testing.T, c *servertest.Cluster) {
	t.Helper()
	c.AwaitBalance() // on a busy machine sessions may be closed while shards move
	base := balance(t, c.Nodes)
	for i, d := range polltest.Dialects {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			tom, jerry := fmt.Sprint("b-tom-", i), fmt.Sprint("b-jerry-", i)
			befriend(t, c.Nodes[i], tom, jerry)
			friends := visit(t, c.Nodes[i], jerry)
			caller := call(t, base, d, tom)
			var heardByJerry []string
			talk := func(texts ...string) {
				t.Helper()
				caller.says(jerry, texts...)
				var heard []string
				for _, text := range texts {
					heardByJerry = append(heardByJerry, "message from "+tom+" (0) to "+jerry+": "+text)
					friends.says(friend(tom), text)
					heard = append(heard, "message from "+jerry+" (0) to "+tom+": "+text)
				}
				servertest.Eventually(t, "jerry has heard all", func() bool { return len(messages(friends.all())) >= len(heardByJerry) })
				if got := messages(friends.all()); !slices.Equal(got, heardByJerry) {
					t.Errorf("jerry heard %.3000q, want %.3000q", got, heardByJerry)
				}
				caller.hears(heard...)
			}
			for i := range 20 {
				talk(fmt.Sprint("a ", i), fmt.Sprint("b ", i))
			}
			talk(strings.Repeat("long ", 100_000))
			_, others := caller.owner(c.Nodes)
			caller.upgrade(others[i%2])
			for i := range 20 {
				talk(fmt.Sprint("c ", i))
			}
			talk(strings.Repeat("long ", 100_000))
			caller.socket.Send("1")
			caller.socket.WantClose(1000)
		})
	}
}

func messages(heard []string) []string {
	return slices.DeleteFunc(heard, func(line string) bool { return !strings.HasPrefix(line, "message ") })
}

// A node that has sessions dies, or stands still, while a poll of theirs waits at another node: it is answered with code 1, and so
// is whatever its client asks afterwards; another session is there for it. A WebSocket that went through another node ends.
//
// Checked by breaking it: the second waits for ever when tunnels outlive their link.
func TestPolling_OwnersEndIsSeen(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*servertest.Node){"killed": (*servertest.Node).Kill, "stands still": (*servertest.Node).Pause} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := servertest.StartCluster(t, 3)
			polled, upgraded := call(t, c.Nodes[0].URL(), polltest.Rev4, "e-tom"), call(t, c.Nodes[0].URL(), polltest.Binary3, "e-jerry")
			owner, others := polled.owner(c.Nodes)
			if owner != c.Nodes[0] {
				t.Fatalf("%s has a session of %s", owner.Name, c.Nodes[0].Name)
			}
			upgraded.upgrade(others[1])
			elsewhere := polltest.New(t, others[0].URL(), polltest.Rev4)
			elsewhere.SID, elsewhere.HTTP.Timeout = polled.SID, servertest.Patience
			gone := make(chan polltest.Answer, 1)
			go func() {
				a, err := elsewhere.Do(t.Context(), http.MethodGet, "", "", nil)
				if err != nil {
					t.Error(err)
				}
				gone <- a
			}()
			servertest.Eventually(t, "the poll waits at "+others[0].Name, func() bool { return isPassingOn(others[0]) })
			servertest.Eventually(t, "the WebSocket is one of "+others[1].Name, func() bool { return isPassingOn(others[1]) })

			began := time.Now()
			end(owner)
			select {
			case a := <-gone:
				if a.Status != http.StatusBadRequest || a.Code != 1 {
					t.Errorf("answered %+v", a)
				}
			case <-time.After(servertest.Patience):
				t.Fatal("the poll waits for ever")
			}
			t.Logf("the poll ended %v after its node", ms(time.Since(began)))
			for open := true; open; {
				_, _, open = upgraded.socket.Next()
			}
			elsewhere.WantFault(http.MethodGet, "", nil, 1)
			elsewhere.WantFault(http.MethodPost, elsewhere.PostType(), strings.NewReader(elsewhere.Encode("3")), 1)
			polltest.Open(t, others[0].URL(), polltest.Rev4, "").MustPost("1")
		})
	}
}

// isPassingOn reports whether a node has a request under way to another one.
func isPassingOn(n *servertest.Node) bool {
	return strings.Contains(n.AdminPage("/debug/pprof/goroutine?debug=1"), "ReverseProxy).ServeHTTP")
}

// A thousand sessions are opened at one node, wait at a second and are ended at the third: all polls are answered, and afterwards no
// node has more goroutines and descriptors than before.
func TestPolling_AThousandElsewhereLeaveNothingBehind(t *testing.T) {
	const many = 1000
	c := servertest.StartCluster(t, 3)
	shared := &http.Client{Timeout: servertest.Patience, Transport: &http.Transport{MaxIdleConnsPerHost: many}}
	at := func(n *servertest.Node, sid string) *polltest.Client {
		p := polltest.New(t, n.URL(), polltest.Text3)
		p.HTTP, p.SID = shared, sid
		return p
	}
	first := at(c.Nodes[1], polltest.Open(t, c.Nodes[0].URL(), polltest.Text3, "").SID) // so that what is made once is there
	first.MustPost("2")
	first.MustPost("1")
	before := map[*servertest.Node]map[string]float64{}
	for _, n := range c.Nodes {
		before[n] = n.Metrics()
	}
	var sids []string
	for range many {
		p := at(c.Nodes[0], "")
		packets := p.MustGet("")
		var opened struct{ SID string }
		if err := json.Unmarshal([]byte(packets[0][1:]), &opened); err != nil {
			t.Fatal(err)
		}
		sids = append(sids, opened.SID)
	}
	answers := make(chan error, many)
	for _, sid := range sids {
		p := at(c.Nodes[1], sid)
		go func() {
			packets, err := p.Get(t.Context(), "")
			if err == nil && !slices.Equal(packets, []string{"3hi"}) {
				err = fmt.Errorf("answered %q", packets)
			}
			answers <- err
		}()
	}
	for _, sid := range sids {
		at(c.Nodes[2], sid).MustPost("2hi")
	}
	for range many {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
	for _, sid := range sids {
		at(c.Nodes[2], sid).MustPost("1")
	}
	shared.CloseIdleConnections()
	for _, n := range c.Nodes {
		for _, what := range []string{"go_goroutines", "process_open_fds"} {
			servertest.Eventually(t, fmt.Sprintf("%s has its %v %s again", n.Name, before[n][what], what), func() bool {
				return n.Metrics()[what] <= before[n][what]+20 // the log and operators have some more or less
			})
		}
	}
}
