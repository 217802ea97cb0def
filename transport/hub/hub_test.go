package hub_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/hub"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	app   = im.AppID("a")
	tom   = im.UserID("tom")
	jerry = im.UserID("jerry")
)

// session keeps what it gets, without the frame header.
type session struct {
	id im.SessionID

	mu     sync.Mutex
	frames [][]byte
	closed bool
}

func (s *session) ID() im.SessionID { return s.id }

func (s *session) Send(frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frames = append(s.frames, frame)
}

func (s *session) SendAll(b hub.Batch, _ bool) {
	for _, f := range b.Frames {
		s.Send(f)
	}
}

func (s *session) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

func (s *session) got() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var texts []string
	for _, f := range s.frames {
		head := 2
		if f[1] == 126 {
			head = 4
		}
		texts = append(texts, string(f[head:]))
	}
	return texts
}

// counter sums up what was delivered, and counts how often it was told of it.
type counter struct {
	mu      sync.Mutex
	calls   int
	counts  map[string]int
	dropped int
}

func (c *counter) OnDelivered(event string, sessions int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	c.counts[event] += sessions
}

func (c *counter) OnFannedOut(time.Duration) {}

func (c *counter) OnRelayDropped() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dropped++
}

// fixture is a hub with a clock that the test moves.
type fixture struct {
	*hub.Hub
	now    time.Duration
	counts counter
	// changes holds the last words of OnChange, as "id: entered sessions loud".
	changes []string
}

func newFixture() *fixture {
	f := &fixture{now: 1, counts: counter{counts: map[string]int{}}}
	f.Hub = hub.New(hub.Options{
		Elapsed: func() time.Duration { return f.now }, Hooks: &f.counts,
		OnChange: func(of im.Address, now im.Interest) {
			f.changes = append(f.changes, fmt.Sprintf("%v %s: %v %d %v", of.Kind, of.ID, now.Entered, now.Sessions, now.Loud))
		},
	})
	return f
}

// Publish is the Hub's, and waits until the sessions have it.
func (f *fixture) Publish(to im.Address, epoch im.Epoch, d *pb.Delivery) {
	f.Hub.Publish(to, epoch, d)
	f.Settle()
}

// changed returns what was reported since it was last asked.
func (f *fixture) changed() string {
	all := strings.Join(f.changes, ", ")
	f.changes = nil
	return all
}

// join lets a session of user in.
func join(h *hub.Hub, app im.AppID, user im.UserID, s hub.Session) {
	h.Enter(im.User(app, user), s, false)
	h.Admit(im.User(app, user), s)
}

var dialog = im.FriendDialog(app, tom, jerry)

// said is message n of tom to jerry, as it is told to both of them.
func said(n uint64, origin string) *pb.Delivery {
	s := &pb.Said{Speaker: "tom", Content: &pb.Content{Body: []byte(`"hi"`)}, OriginSession: origin, Push: []byte(`{}`)}
	return &pb.Delivery{From: "tom", To: "jerry", N: n, Ts: 5, Said: s}
}

func want(t *testing.T, s *session, texts ...string) {
	t.Helper()
	if got := s.got(); fmt.Sprint(got) != fmt.Sprint(texts) {
		t.Errorf("session %s got %q, want %q", s.id, got, texts)
	}
}

const (
	message1  = `42/chat,["message",{"from":{"id":"tom","type":0},"to":{"id":"jerry","type":0},"content":{"media":0,"body":"hi"},"ts":5,"n":1}]`
	yourself1 = `42/chat,["yourself",{"to":{"id":"jerry","type":0},"content":{"media":0,"body":"hi"},"ts":5,"n":1}]`
)

// Every session of the receiver and every other session of the sender gets its event; others get nothing; the bytes
// are shared.
func TestHub_DeliversToTheSessionsConcerned(t *testing.T) {
	t.Parallel()
	f := newFixture()
	j1, j2 := &session{id: "j1"}, &session{id: "j2"}
	t1, t2 := &session{id: "t1"}, &session{id: "t2"}
	other, foreign := &session{id: "o"}, &session{id: "f"}
	join(f.Hub, app, jerry, j1)
	join(f.Hub, app, jerry, j2)
	join(f.Hub, app, tom, t1)
	join(f.Hub, app, tom, t2)
	join(f.Hub, app, "other", other)
	join(f.Hub, "b", jerry, foreign)
	message := said(1, "t1")
	f.Deliver(im.User(app, jerry), dialog, message)
	f.Deliver(im.User(app, tom), dialog, message)
	want(t, j1, message1)
	want(t, j2, message1)
	want(t, t1)
	want(t, t2, yourself1)
	want(t, other)
	want(t, foreign)
	if &j1.frames[0][0] != &j2.frames[0][0] {
		t.Error("the frame was made twice")
	}
	if got := fmt.Sprint(f.counts.counts); got != "map[message:2 yourself:1]" {
		t.Errorf("counted %s", got)
	}
}

// A receiver whose session has the id of the origin is no mirror: it gets its message.
func TestHub_OriginCountsForMirrorsOnly(t *testing.T) {
	t.Parallel()
	f := newFixture()
	j := &session{id: "s"}
	join(f.Hub, app, jerry, j)
	message := said(1, "s")
	f.Deliver(im.User(app, jerry), dialog, message)
	want(t, j, message1)
}

func TestHub_DropsRepeatsPerSessionAndTeller(t *testing.T) {
	t.Parallel()
	f := newFixture()
	j := &session{id: "j"}
	join(f.Hub, app, jerry, j)
	deliver := func(teller im.Address, n uint64, wantNews bool) {
		t.Helper()
		before := len(j.got())
		message := said(n, "")
		f.Deliver(im.User(app, jerry), teller, message)
		if news := len(j.got()) > before; news != wantNews {
			t.Errorf("at %v: n = %d of %v: delivered %v, want %v", f.now, n, teller, news, wantNews)
		}
	}
	another := im.FriendDialog(app, "bob", jerry)
	deliver(dialog, 1, true)
	deliver(dialog, 1, false)
	deliver(dialog, 3, true)
	deliver(dialog, 2, false)
	deliver(another, 1, true)
	deliver(dialog, 0, true)
	deliver(dialog, 0, true)
	f.now += hub.RepeatWindow
	deliver(dialog, 3, false)
	deliver(dialog, 4, true)
	f.now += hub.RepeatWindow
	deliver(another, 1, true) // forgotten after two windows
	deliver(dialog, 4, false)
	late := &session{id: "late"}
	join(f.Hub, app, jerry, late)
	message := said(4, "")
	f.Deliver(im.User(app, jerry), dialog, message)
	if len(late.got()) != 1 {
		t.Error("a new session was taken for one that has the message")
	}
}

// One session that hears from very many tellers does not take memory without bound, and never loses a message.
func TestHub_ManyTellers(t *testing.T) {
	t.Parallel()
	f := newFixture()
	j := &session{id: "j"}
	join(f.Hub, app, jerry, j)
	const tellers = 20_000
	message := said(1, "")
	for i := range tellers {
		f.Deliver(im.User(app, jerry), im.FriendDialog(app, im.UserID(fmt.Sprint(i)), jerry), message)
	}
	if n := len(j.frames); n != tellers {
		t.Errorf("%d messages, want %d", n, tellers)
	}
}

func TestHub_LeaveEndsDelivery(t *testing.T) {
	t.Parallel()
	f := newFixture()
	a, b := &session{id: "a"}, &session{id: "b"}
	f.Leave(im.User(app, jerry), a)
	join(f.Hub, app, jerry, a)
	join(f.Hub, app, jerry, b)
	if n := f.Sessions(app, jerry); n != 2 {
		t.Errorf("%d sessions, want 2", n)
	}
	f.Leave(im.User(app, jerry), a)
	f.Leave(im.User(app, jerry), a)
	message := said(1, "")
	f.Deliver(im.User(app, jerry), dialog, message)
	want(t, a)
	want(t, b, message1)
	f.Leave(im.User(app, jerry), b)
	f.Deliver(im.User(app, jerry), dialog, message)
	if n := f.Sessions(app, jerry); n != 0 {
		t.Errorf("%d sessions, want none", n)
	}
}

// Joins, leaves and deliveries from many goroutines: for the race detector, and every steady session gets all.
func TestHub_Concurrent(t *testing.T) {
	t.Parallel()
	h := hub.New(hub.Options{})
	const users, each = 8, 200
	var wg sync.WaitGroup
	steady := make([]*session, users)
	for u := range users {
		user := im.UserID(fmt.Sprint("u", u))
		steady[u] = &session{id: "s"}
		join(h, app, user, steady[u])
		wg.Go(func() {
			for n := range each {
				message := said(uint64(n+1), "")
				h.Deliver(im.User(app, user), dialog, message)
			}
		})
		wg.Go(func() {
			for range each {
				s := &session{id: "x"}
				join(h, app, user, s)
				h.Leave(im.User(app, user), s)
			}
		})
	}
	wg.Wait()
	for u, s := range steady {
		if len(s.frames) != each {
			t.Errorf("user %d got %d messages, want %d", u, len(s.frames), each)
		}
	}
}
