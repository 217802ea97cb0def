package swarm_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"go.uber.org/goleak"

	"github.com/parley-im/parley/bench/swarm"
	"github.com/parley-im/parley/bench/writeloop"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	opened   = `0{"sid":"x","upgrades":[],"pingInterval":1,"pingTimeout":20000}`
	accepted = `42/chat,["login",{"success":true,"id":"u"}]`
)

// script is a server for one connection at a time: it upgrades, sends what is to come first, and leaves the rest to then.
func script(t *testing.T, first string, then func(net.Conn)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := ws.Upgrade(c); err == nil {
				c.Write([]byte(first))
				then(c)
			}
			c.Close()
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return "http://" + l.Addr().String()
}

// text returns the frames of these messages.
func text(messages ...string) string {
	var b bytes.Buffer
	for _, m := range messages {
		ws.WriteFrame(&b, ws.NewTextFrame([]byte(m)))
	}
	return b.String()
}

// untilGone reads until the client has gone, so that the server closes last.
func untilGone(c net.Conn) { wsutil.ReadClientText(c); readAll(c) }

func readAll(c net.Conn) {
	for b := make([]byte, 1024); ; {
		if _, err := c.Read(b); err != nil {
			return
		}
	}
}

// notes is an Ear that keeps what it hears.
type notes struct {
	mu    sync.Mutex
	heard []string
	more  chan struct{}
	in    bool
}

func (n *notes) Begin() { n.in = true }
func (n *notes) End()   { n.in = false }

func (n *notes) Hear(member int, packet []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.in {
		n.heard = append(n.heard, "outside of Begin and End")
	}
	n.heard = append(n.heard, fmt.Sprint(member, " ", string(packet)))
	n.more <- struct{}{}
}

func newNotes() *notes { return &notes{more: make(chan struct{}, 1000)} }

func (n *notes) await(t *testing.T, count int) []string {
	t.Helper()
	for range count {
		select {
		case <-n.more:
		case <-time.After(10 * time.Second):
			t.Fatalf("heard %d messages of %d", len(n.heard), count)
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.heard)
}

func options(url string, ear swarm.Ear) swarm.Options {
	return swarm.Options{
		URL: url, App: "a", Key: "k", Revision: 4, Members: 1, User: func(m int) string { return fmt.Sprint("user", m) },
		NewEar: func() swarm.Ear { return ear },
	}
}

func open(t *testing.T, o swarm.Options) *swarm.Swarm {
	t.Helper()
	s, err := swarm.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// However a stream is cut into reads, the same messages are heard: short, long, longer than any buffer, among frames that
// are none, and those that come together with the answer of the login.
func TestSwarm_HearsWhatIsSaidHoweverItArrives(t *testing.T) {
	t.Parallel()
	stream, want := "", []string(nil)
	for _, size := range []int{3, 125, 126, 4000, 65535, 65536, 200_000, 5} {
		m := "42" + strings.Repeat("x", size)
		stream += text(m, "6") + string(ws.MustCompileFrame(ws.NewPongFrame(nil)))
		want = append(want, "0 "+m)
	}
	for _, chunk := range []int{1, 7, 1000, 64 << 10, len(stream)} {
		t.Run(fmt.Sprint(chunk), func(t *testing.T) {
			t.Parallel()
			ear, want := newNotes(), want
			all := []byte(text(opened, "40/chat,", accepted) + stream)
			if chunk == 1 { // the long ones would take long
				all, want = []byte(text(opened, "40/chat,", accepted, "42early", "42on")), []string{"0 42early", "0 42on"}
			}
			open(t, options(script(t, "", func(c net.Conn) {
				for part := range slices.Chunk(all, chunk) {
					c.Write(part)
				}
				untilGone(c)
			}), ear))
			if got := ear.await(t, len(want)); !slices.Equal(got, want) {
				t.Errorf("got %d messages, %.100q; want %.100q", len(got), got, want)
			}
		})
	}
}

// Pings of both protocols are answered, and Engine.IO 3 is kept alive by pings of the client.
func TestSwarm_KeepsTheHeartbeat(t *testing.T) {
	t.Parallel()
	got := make(chan string, 10)
	listen := func(c net.Conn) {
		for {
			h, err := ws.ReadHeader(c)
			if err != nil {
				return
			}
			payload := make([]byte, h.Length)
			c.Read(payload)
			ws.Cipher(payload, h.Mask, 0)
			got <- fmt.Sprint(h.OpCode, " ", string(payload))
		}
	}
	greeting := text(opened, "40/chat,", accepted)
	server := script(t, greeting+text("2")+string(ws.MustCompileFrame(ws.NewPingFrame([]byte("p")))), listen)
	s, err := swarm.Open(t.Context(), options(server, newNotes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(0, []byte("42say")); err != nil {
		t.Error(err)
	}
	var frames []string
	for range 4 {
		frames = append(frames, <-got)
	}
	slices.Sort(frames)
	if want := []string{"1 3", "1 40/chat,", "1 42say", "10 p"}; !slices.Equal(frames, want) {
		t.Errorf("got %q, want %q", frames, want)
	}
	s.Close()
	if bye := <-got; bye != "1 41/chat," {
		t.Errorf("got %q for a goodbye", bye)
	}

	o := options(script(t, greeting, listen), newNotes())
	o.Revision = 3
	open(t, o)
	for _, want := range []string{"1 40/chat,", "1 2"} {
		if frame := <-got; frame != want {
			t.Errorf("got %q, want %q", frame, want)
		}
	}
}

// A connection that the server ends is told, with the reason, also when its end came together with its last bytes.
func TestSwarm_TellsWhoWasCutOff(t *testing.T) {
	t.Parallel()
	for want, last := range map[string]string{
		"EOF":                      text("42last"),
		"told the member to leave": text("41/chat,"),
		"1001 going":               string(ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(1001, "going")))),
		"masked":                   "\x41\x00",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			ended := make(chan error, 1)
			o := options(script(t, text(opened, "40/chat,", accepted), func(c net.Conn) {
				wsutil.ReadClientText(c)
				c.Write([]byte(last))
			}), newNotes())
			o.OnEnd = func(_ int, reason error) { ended <- reason }
			open(t, o)
			select {
			case err := <-ended:
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
			case <-time.After(10 * time.Second):
				t.Error("nobody was told")
			}
		})
	}
}

// A login that fails ends Open, names the user and says why; so does the end of the context.
func TestOpen_SaysWhoCouldNotLogIn(t *testing.T) {
	t.Parallel()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	closed, silent := func(net.Conn) {}, readAll
	for name, tt := range map[string]struct {
		ctx  context.Context
		url  string
		want string
	}{
		"refused":   {t.Context(), script(t, text(opened, "40/chat,", `42/chat,["login",{"success":false,"error":5003}]`), untilGone), "log in user0: the server refused the login with 5003"},
		"ended":     {t.Context(), script(t, text(opened), closed), "log in user0: the server ended the connection"},
		"closed":    {t.Context(), script(t, text(opened)+string(ws.CompiledClose), untilGone), "log in user0: the server ended the connection"},
		"no login":  {t.Context(), script(t, text(opened, `42/chat,["login",5]`), untilGone), "login event"},
		"no server": {t.Context(), "http://127.0.0.1:1", "log in user0"},
		"no URL":    {t.Context(), "ws://x", "http://HOST:PORT"},
		"silent":    {nil, script(t, "", silent), "context deadline exceeded"},
		"cancelled": {cancelled, script(t, "", silent), "context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.ctx == nil {
				soon, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
				defer stop()
				tt.ctx = soon
			}
			s, err := swarm.Open(tt.ctx, options(tt.url, newNotes()))
			if err == nil || s != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// Many members log in, each once; when one cannot, none stays.
func TestOpen_LogsEverybodyIn(t *testing.T) {
	t.Parallel()
	loop := writeloop.New(writeloop.Options{})
	h := httptest.NewServer(loop)
	defer h.Close()
	defer loop.Close()
	var mu sync.Mutex
	logins, asked := 0, map[int]int{}
	o := options(h.URL, newNotes())
	o.Members = 200
	o.OnLogin = func() { mu.Lock(); defer mu.Unlock(); logins++ }
	o.User = func(m int) string { mu.Lock(); defer mu.Unlock(); asked[m]++; return fmt.Sprint("user", m) }
	open(t, o)
	if logins != 200 || len(asked) != 200 {
		t.Errorf("%d logins of %d users, want 200", logins, len(asked))
	}

	failing := errors.New("the 100th")
	ctx, cancel := context.WithCancelCause(t.Context())
	o.OnLogin = func() {
		mu.Lock()
		defer mu.Unlock()
		if logins++; logins == 300 {
			cancel(failing)
		}
	}
	if s, err := swarm.Open(ctx, o); s != nil || err == nil {
		t.Errorf("got %v, %v after the end of the context", s, err)
	}
}

// Members that are not to log in say nothing after the open packet until they are told to, and what answers that is heard.
// Cut closes their sockets without a goodbye, and nobody is told that they ended.
func TestSwarm_NoLoginLeavesItToSend(t *testing.T) {
	t.Parallel()
	said := make(chan string, 2)
	heard := newNotes()
	o := options(script(t, text(opened), func(c net.Conn) {
		packet, err := wsutil.ReadClientText(c)
		said <- string(packet)
		if err == nil {
			c.Write([]byte(text("40/chat,", accepted)))
			packet, err = wsutil.ReadClientText(c)
			said <- fmt.Sprint(string(packet), err)
		}
	}), heard)
	o.NoLogin = true
	o.OnEnd = func(_ int, reason error) { t.Errorf("a member ended: %v", reason) }
	s := open(t, o)
	if len(said) > 0 {
		t.Errorf("said %q before it was told to", <-said)
	}
	if err := s.Send(0, []byte("40/chat,later")); err != nil {
		t.Fatal(err)
	}
	if got := heard.await(t, 2); got[1] != "0 "+accepted {
		t.Errorf("heard %q", got)
	}
	s.Cut()
	if first, last := <-said, <-said; first != "40/chat,later" || last != "EOF" {
		t.Errorf("the server got %q, then %q; want no goodbye", first, last)
	}
}

// The signature is lower-case hex MD5 of milliseconds and key, a comma, and the milliseconds. The digest was made with
// md5sum.
func TestSign_IsTheDocumentedDigest(t *testing.T) {
	t.Parallel()
	got, want := swarm.Sign("key", time.UnixMilli(1479000000001)), "c07935c4b2b150a3c7068970f4a45b20,1479000000001"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
