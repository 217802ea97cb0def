package link

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long tests wait for what must happen: long, since the machine may be busy.
const patience = 30 * time.Second

// tester is a test, a benchmark or a property.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// node is a node's links and what it heard through them.
type node struct {
	*Links
	name string
	log  *logBook

	mu struct {
		sync.Mutex
		// events are "up b", "down b" and "got b", in order.
		events []string
		frames map[string][]*pb.Frame
		// changed is closed with the next event.
		changed chan struct{}
	}
}

// newNode starts links on that listener. change may be nil.
func newNode(t testing.TB, name string, ln net.Listener, change func(*Options)) *node {
	t.Helper()
	n := &node{name: name, log: &logBook{}}
	n.mu.frames, n.mu.changed = map[string][]*pb.Frame{}, make(chan struct{})
	opts := Options{
		Node:     name,
		Listener: ln,
		Secret:   []byte("a secret"),
		Hello:    func(*pb.Hello) *pb.Hello { return &pb.Hello{NodeHostId: "host of " + name} },
		Receive:  n.receive,
		Up:       func(peer string) { n.note("up " + peer) },
		Down:     func(peer string) { n.note("down " + peer) },
		Logger:   slog.New(slog.NewTextHandler(n.log, nil)),
	}
	if _, dreamt := ln.(*port); !dreamt {
		opts.times.silence = patience // a busy machine may hold up whoever is not silent
	}
	if change != nil {
		change(&opts)
	}
	n.Links = Start(opts)
	t.Cleanup(n.Close)
	return n
}

func (n *node) receive(from string, f *pb.Frame) {
	n.mu.Lock()
	n.mu.frames[from] = append(n.mu.frames[from], f)
	n.mu.Unlock()
	n.note("got " + from)
}

func (n *node) note(event string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mu.events = append(n.mu.events, event)
	close(n.mu.changed)
	n.mu.changed = make(chan struct{})
}

// eventsOf returns the ups and downs of a peer.
func (n *node) eventsOf(peer string) (events []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, e := range n.mu.events {
		if what, who, _ := strings.Cut(e, " "); who == peer && what != "got" {
			events = append(events, what)
		}
	}
	return events
}

func (n *node) framesOf(peer string) []*pb.Frame {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.mu.frames[peer])
}

func (n *node) count(event string) (times int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, e := range n.mu.events {
		if e == event {
			times++
		}
	}
	return times
}

// await waits until an event has happened so many times.
func (n *node) await(t tester, event string, times int) {
	t.Helper()
	late := time.After(patience)
	for {
		n.mu.Lock()
		changed := n.mu.changed
		n.mu.Unlock()
		if n.count(event) >= times {
			return
		}
		select {
		case <-changed:
		case <-late:
			_, peer, _ := strings.Cut(event, " ")
			t.Fatalf("%s has not seen %q %d times: %v; log:\n%s", n.name, event, times, n.eventsOf(peer), n.log)
		}
	}
}

// awaitLog waits until the log says text.
func (n *node) awaitLog(t tester, text string) {
	t.Helper()
	eventually(t, "in the log of "+n.name+": "+text, func() bool { return strings.Contains(n.log.String(), text) })
}

// eventually waits for what cannot be waited for otherwise.
func eventually(t tester, what string, is func() bool) {
	t.Helper()
	late, tick := time.After(patience), time.NewTicker(2*time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("not so after ", patience, ": ", what)
		}
	}
}

func (n *node) mustSend(t tester, to string, f *pb.Frame) {
	t.Helper()
	if err := n.Send(to, f); err != nil {
		t.Fatalf("%s cannot send to %s: %v", n.name, to, err)
	}
}

func (n *node) mustAsk(t testing.TB, peer string) *pb.Hello {
	t.Helper()
	hello, err := n.Ask(t.Context(), peer)
	if err != nil {
		t.Fatalf("%s asks %s: %v", n.name, peer, err)
	}
	return hello
}

func (n *node) up(peer string) bool {
	for _, s := range n.States() {
		if s.Name == peer {
			return s.Up
		}
	}
	return false
}

// wantPaired checks that ups and downs of a peer take turns, an up first.
func (n *node) wantPaired(t tester, peer string) {
	t.Helper()
	for i, e := range n.eventsOf(peer) {
		if want := []string{"up", "down"}[i%2]; e != want {
			t.Fatalf("%s: event %d of %s is %q: %v", n.name, i, peer, e, n.eventsOf(peer))
		}
	}
}

func wantKind(t testing.TB, err error, want im.ErrorKind) {
	t.Helper()
	if err == nil || im.KindOf(err) != want {
		t.Errorf("the error is %v, want one of kind %q", err, want)
	}
}

// mail is a frame whose body has about that many bytes.
func mail(number uint64, size int) *pb.Frame {
	return &pb.Frame{Number: number, Body: &pb.Frame_Mail{Mail: &pb.Mail{To: strings.Repeat("x", size)}}}
}

func loopback(t testing.TB) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// introduce makes nodes know each other, where their listeners are.
func introduce(nodes ...*node) {
	for _, a := range nodes {
		for _, b := range nodes {
			a.SetPeer(b.name, b.opts.Listener.Addr().String())
		}
	}
}

// pair starts the links of a and b, open and up.
func pair(t testing.TB, change func(*Options)) (a, b *node) {
	t.Helper()
	a, b = newNode(t, "a", loopback(t), change), newNode(t, "b", loopback(t), change)
	introduce(a, b)
	a.Open()
	b.Open()
	a.await(t, "up b", 1)
	b.await(t, "up a", 1)
	return a, b
}

// quick are times for tests that wait for redials.
func quick(o *Options) { o.times.minPause, o.times.maxPause = time.Millisecond, 20*time.Millisecond }

// connect dials a node as somebody who is none.
func connect(t testing.TB, n *node) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", n.opts.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// impostor makes one side of a handshake by hand, as a node of that name with that secret, which knows all of knows.
func impostor(conn net.Conn, as role, name, secret string, knows ...string) *handshake {
	opts := Options{Node: name, Secret: []byte(secret)}
	opts.ensureDefaults()
	l := &Links{opts: opts}
	l.ctx = context.Background()
	l.mu.peers, l.mu.open = map[string]*peer{}, true
	for _, k := range knows {
		l.mu.peers[k] = newPeer(l, k, "")
	}
	return l.newHandshake(conn, as)
}

// logBook keeps what is logged.
type logBook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
