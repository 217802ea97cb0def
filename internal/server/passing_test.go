package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// says answers with the node's name and what reached it.
func says(node int, w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "n%d %s %s %s %s", node, r.Method, r.Host, r.RequestURI, body) //nolint:errcheck // a client that is gone
}

// A request goes to the node that its session's id names, as it is: query, body and Host. Who names no other node, or asks without
// a session, is answered by whom he asked; and so is what was passed on once.
//
// Checked by breaking it: the odd query is another one without the line that keeps it, and the last row is answered by n3
// when tunnels are not marked.
func TestPassing_RequestsReachTheirNode(t *testing.T) {
	t.Parallel()
	plainAndSealed(t, func(t *testing.T, open opener) {
		edges := open(t, 3, usual, says)
		long := strings.Repeat("x", 1_000_000)
		host := edges[0].Addr().String()
		for _, c := range []struct {
			method, query, body, by string
		}{
			{"GET", "sid=2.abc&EIO=4&transport=polling", "", "n2"},
			{"GET", "sid=3.abc", "", "n3"},
			{"POST", "sid=3.abc", long, "n3"},
			{"POST", "sid=2.abc", "", "n2"},
			{"GET", "sid=2%2eabc", "", "n2"},
			{"GET", `t=a;b&c=%zz&sid=2.abc&auth={"a":"b"}`, "", "n2"},
			{"OPTIONS", "sid=2.abc", "", "n1"},
			{"GET", "sid=1.abc", "", "n1"},
			{"GET", "sid=4.abc", "", "n1"},
			{"GET", "sid=0.abc", "", "n1"},
			{"GET", "sid=02.abc", "", "n1"},
			{"GET", "sid=-2.abc", "", "n1"},
			{"GET", "sid=2abc", "", "n1"},
			{"GET", "sid=2", "", "n1"},
			{"GET", "sid=99999999999999999999.abc", "", "n1"},
			{"GET", "sid=", "", "n1"},
			{"GET", "EIO=4", "", "n1"},
		} {
			want := fmt.Sprintf("%s %s %s /socket.io/?%s %s", c.by, c.method, host, c.query, c.body)
			if status, got := edges[0].ask(t, c.method, c.query, c.body); status != http.StatusOK || got != want {
				t.Errorf("%s %s: %d %.200s, want %.200s", c.method, c.query, status, got, want)
			}
		}

		tunnel, err := edges[0].tunnels.dial(t.Context(), edges[0].links, "n2")
		if err != nil {
			t.Fatal(err)
		}
		defer tunnel.Close()                                       //nolint:errcheck // the test ends
		io.WriteString(tunnel, "GET /?sid=3.abc HTTP/1.0\r\n\r\n") //nolint:errcheck // the answer tells
		if got, err := io.ReadAll(tunnel); !strings.Contains(string(got), "\r\n\r\nn2 GET ") {
			t.Errorf("%s, %v", got, err)
		}
	})
}

// A tunnel is used for many requests, and one that breaks is not tried again with the same request: the poll may have had its
// answer. Who asked is answered by the node that he asked, which does not know the session.
//
// Checked by breaking it: without the body of Rewrite the GET comes twice.
func TestPassing_NothingIsAskedTwice(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	conns := make(chan string, 10)
	edges := openEdges(t, 2, usual, func(node int, w http.ResponseWriter, r *http.Request) {
		if node == 1 || !strings.Contains(r.URL.RawQuery, "break") {
			conns <- r.RemoteAddr
			says(node, w, r)
			return
		}
		asked.Add(1)
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		c.Close() //nolint:errcheck // as is meant
	})
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		edges[0].ask(t, method, "sid=2.abc", "")
		first := <-conns
		edges[0].ask(t, method, "sid=2.abc", "")
		if second := <-conns; second != first {
			t.Errorf("%s: another tunnel for each request", method)
		}
		asked.Store(0)
		if _, got := edges[0].ask(t, method, "sid=2.abc&break", ""); !strings.HasPrefix(got, "n1 ") || asked.Load() != 1 {
			t.Errorf("%s: asked %d times, answered %q", method, asked.Load(), got)
		}
		<-conns
	}
}

// waiting answers polls of n2's sessions when it is told; of those of n1 it knows none.
type waiting struct {
	began, release chan struct{}
}

func newWaiting() *waiting {
	return &waiting{began: make(chan struct{}, 2000), release: make(chan struct{})}
}

func (p *waiting) here(node int, w http.ResponseWriter, r *http.Request) {
	if node == 1 {
		io.WriteString(w, "unknown") //nolint:errcheck // a client that is gone
		return
	}
	p.began <- struct{}{}
	select {
	case <-p.release:
	case <-r.Context().Done():
	}
	rc := http.NewResponseController(w)
	_ = rc.SetWriteDeadline(time.Now().Add(patience))
	io.WriteString(w, "news") //nolint:errcheck // as above
}

// A poll waits longer than the servers' own times for answers.
//
// Checked by breaking it: no answer comes when passed does not set a time.
func TestPassing_PollsWaitLong(t *testing.T) {
	t.Parallel()
	polls := newWaiting()
	ts := usual
	ts.answer, ts.request = 200*time.Millisecond, 200*time.Millisecond
	edges := openEdges(t, 2, ts, polls.here)
	poll := edges[0].begin(t, "sid=2.abc")
	<-polls.began
	<-time.After(2 * ts.answer) // not a wait for something: it is how long the poll waits
	close(polls.release)
	poll.want(t, "news")
}

// When the session's node goes away, or this one closes, polls that wait are answered at once, as for a session that is unknown.
//
// Checked by breaking it: the first waits for ever when links do not close tunnels, the second when close cancels nothing.
func TestPassing_PollsEndWithTheNodes(t *testing.T) {
	t.Parallel()
	plainAndSealed(t, func(t *testing.T, open opener) {
		for name, end := range map[string]func(edges []*edge){
			"the session's": func(edges []*edge) { edges[1].links.Close() },
			"this":          func(edges []*edge) { edges[0].passing.close() },
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				polls := newWaiting()
				edges := open(t, 2, usual, polls.here)
				poll := edges[0].begin(t, "sid=2.abc")
				<-polls.began
				end(edges)
				poll.want(t, "unknown")
				edges[0].begin(t, "sid=2.abc").want(t, "unknown")
			})
		}
	})
}

// A client that goes away ends its poll at the session's node.
func TestPassing_ClientsEndIsSeen(t *testing.T) {
	t.Parallel()
	plainAndSealed(t, func(t *testing.T, open opener) {
		gone := make(chan struct{})
		began := make(chan struct{})
		edges := open(t, 2, usual, func(_ int, _ http.ResponseWriter, r *http.Request) {
			close(began)
			<-r.Context().Done()
			close(gone)
		})
		c := edges[0].connect(t, "GET /socket.io/?sid=2.abc HTTP/1.1\r\nHost: x\r\n\r\n")
		<-began
		c.Close() //nolint:errcheck // as is meant
		select {
		case <-gone:
		case <-time.After(patience):
			t.Error("the poll waits for ever")
		}
	})
}

// Tunnels count as the port's connections, on both sides: where there is no place for one, the session is unknown.
//
// Checked by breaking it: the poll is answered when dial, or take, does not ask for a place.
func TestPassing_NeedsRoom(t *testing.T) {
	t.Parallel()
	for full := range 2 {
		edges := openEdges(t, 2, usual, says)
		c := edges[full].crowd
		eventually(t, "the port waits for its next client, who has a place", func() bool { return len(c.present) > 0 })
		for free := true; free; {
			_, free = c.enter()
		}
		if _, got := edges[0].ask(t, http.MethodGet, "sid=2.abc", ""); !strings.HasPrefix(got, "n1 ") {
			t.Errorf("n%d is full: %s", full+1, got)
		}
	}
}

// upgraded answers n2's with a connection that sends back what it hears, until it hears a Q.
func upgraded(node int, w http.ResponseWriter, r *http.Request) {
	if node == 1 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer c.Close()                  //nolint:errcheck // the other side sees it
	io.WriteString(c, upgradeAnswer) //nolint:errcheck // as above
	for b, err := rw.ReadByte(); err == nil && b != 'Q'; b, err = rw.ReadByte() {
		c.Write([]byte{b}) //nolint:errcheck // as above
	}
}

const upgradeAnswer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello"

const upgradeRequest = "GET /socket.io/?sid=2.abc HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"

// upgrade opens such a connection by n1.
func upgrade(t *testing.T, e *edge) (half, *bufio.Reader) {
	t.Helper()
	c := e.connect(t, upgradeRequest)
	br := bufio.NewReader(c)
	res, err := http.ReadResponse(br, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(res, err)
	}
	wantNext(t, br, "hello")
	return c, br
}

func wantNext(t *testing.T, r io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(r, got); err != nil || string(got) != want {
		t.Fatalf("%q, %v, want %q", got, err, want)
	}
}

// An upgrade passes through, what was said with its answer included, and bytes go both ways until either side, or the node between
// them, ends it.
//
// Checked by breaking it: the last waits for ever when close cancels nothing.
func TestPassing_UpgradesPassThrough(t *testing.T) {
	t.Parallel()
	plainAndSealed(t, func(t *testing.T, open opener) {
		edges := open(t, 2, usual, upgraded)
		for name, end := range map[string]func(c half){
			"server": func(c half) { io.WriteString(c, "Q") }, //nolint:errcheck // what is read tells
			"client": func(c half) { c.CloseWrite() },         //nolint:errcheck // as above
		} {
			c, br := upgrade(t, edges[0])
			for range 3 {
				io.WriteString(c, "abc") //nolint:errcheck // as above
				wantNext(t, br, "abc")
			}
			end(c)
			if rest, err := io.ReadAll(br); err != nil || len(rest) > 0 {
				t.Errorf("%s: %q, %v", name, rest, err)
			}
		}
		_, br := upgrade(t, edges[0])
		edges[0].passing.close()
		if rest, err := io.ReadAll(br); len(rest) > 0 || os.IsTimeout(err) {
			t.Errorf("%q, %v", rest, err)
		}
	})
}

// The end of a node does not wait for a client that takes nothing of what is passed on to it.
//
// Checked by breaking it: it takes passedTime when Hijack does not close the connection with the context.
func TestPassing_CloseWaitsForNoSlowClient(t *testing.T) {
	t.Parallel()
	full := make(chan struct{})
	edges := openEdges(t, 2, usual, func(node int, w http.ResponseWriter, r *http.Request) {
		if node == 1 {
			return
		}
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close() //nolint:errcheck // the other side sees it
		io.WriteString(c, upgradeAnswer)
		for flood := make([]byte, 1<<20); err == nil; {
			if err = c.SetWriteDeadline(time.Now().Add(time.Second)); err == nil {
				_, err = c.Write(flood)
			}
		}
		close(full)
		io.Copy(io.Discard, c) //nolint:errcheck // it waits for the end
	})
	upgrade(t, edges[0])
	<-full
	edges[0].passing.close()
	ended := make(chan struct{})
	go func() { edges[0].passing.wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(passedTime / 2):
		t.Error("something is still passed on")
	}
}

// A client that takes nothing of a WebSocket, or does not close its side, keeps neither for longer than its time.
func TestPassedSocket_HasItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ours, client := net.Pipe()
		defer client.Close() //nolint:errcheck // the test ends
		s := passedSocket{halfCloser{ours}}
		began := time.Now()
		if _, err := s.Write([]byte("x")); !os.IsTimeout(err) || time.Since(began) != passedTime {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		began = time.Now()
		if err := s.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Read(make([]byte, 1)); !os.IsTimeout(err) || time.Since(began) != passedClose {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

type halfCloser struct{ net.Conn }

func (halfCloser) CloseWrite() error { return nil }

// A thousand polls at once are passed on by tunnels of their own, and all are answered. Then goroutines, descriptors and places are
// again as many as before.
//
// Checked by breaking it: places are missing when a guest does not leave, and most polls fail when links let all dial at once.
func TestPassing_AThousandPollsLeaveNothingBehind(t *testing.T) {
	plainAndSealed(t, func(t *testing.T, open opener) {
		const many = 1000
		polls := newWaiting()
		edges := open(t, 2, usual, polls.here)
		edges[0].passing.transport.IdleConnTimeout = 10 * time.Millisecond
		goroutines, descriptors := runtime.NumGoroutine(), openDescriptors(t)
		const ahead = 50 // a thousand at once would leave the tunnels, which have 2 s, no processor
		var clients []asking
		for i := range many + ahead {
			if i < many {
				clients = append(clients, edges[0].begin(t, "sid=2.abc"))
			}
			if i < ahead {
				continue
			}
			select {
			case <-polls.began:
			case <-time.After(patience):
				t.Fatalf("%d polls wait, want %d", i-ahead, many)
			}
		}
		close(polls.release)
		for _, c := range clients {
			c.want(t, "news")
		}
		const few = 20 // of others in this process, which come and go; of a thousand polls there would be more
		eventually(t, "goroutines are as before", func() bool { return runtime.NumGoroutine() <= goroutines+few })
		eventually(t, "descriptors are as before", func() bool { return openDescriptors(t) <= descriptors+few })
		for _, e := range edges {
			eventually(t, "places are free", func() bool { return len(e.crowd.present) == 1 })
		}
	})
}

func openDescriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(list)
}
