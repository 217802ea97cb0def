package fanout_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/bench/fanout"
)

// hub is a server of another kind: lines over TCP, JOIN and PUB, and who speaks hears itself. Every message has a PING before it. It
// writes what it sends in pieces, several lines in one.
type hub struct {
	listener net.Listener
	serving  sync.WaitGroup
	pongs    chan struct{} // has an element for each answer to a PING
	beats    atomic.Int64

	mu    sync.Mutex
	rooms map[string][]net.Conn
}

func startHub(t *testing.T) *hub {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hub{listener: l, rooms: map[string][]net.Conn{}, pongs: make(chan struct{}, 1<<20)}
	h.serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			h.serving.Go(func() { h.serve(c) })
		}
	})
	t.Cleanup(func() { l.Close(); h.serving.Wait() })
	return h
}

func (h *hub) serve(c net.Conn) {
	defer c.Close()
	fmt.Fprint(c, "HELLO\nPI")
	for lines := bufio.NewScanner(c); lines.Scan(); {
		verb, rest, _ := strings.Cut(lines.Text(), " ")
		room, body, _ := strings.Cut(rest, " ")
		h.mu.Lock()
		switch verb {
		case "BEAT":
			h.beats.Add(1)
		case "PONG":
			h.pongs <- struct{}{}
		case "JOIN":
			h.rooms[room] = append(h.rooms[room], c)
		case "PUB":
			for _, to := range h.rooms[room] {
				fmt.Fprintf(to, "NG\nMSG %s\nPI", body) // the PING of the next one is cut in two
			}
		}
		h.mu.Unlock()
	}
}

// lineProtocol is the Protocol of a hub. How often a client is to send its heartbeat is said when it is greeted.
type lineProtocol struct {
	addr  string
	every *atomic.Int64
}

func (p lineProtocol) Name() string { return "lines" }
func (p lineProtocol) Addr() string { return p.addr }
func (p lineProtocol) Beat() ([]byte, time.Duration) {
	return []byte("BEAT\n"), time.Duration(p.every.Load())
}
func (p lineProtocol) Echoes() bool                                          { return true }
func (p lineProtocol) Bye() []byte                                           { return []byte("QUIT\n") }
func (p lineProtocol) Done(context.Context)                                  {}
func (p lineProtocol) Leave(context.Context, int, []int, fanout.Write) error { return nil }

func (p lineProtocol) Greet(conn net.Conn, _ int) ([]byte, error) {
	p.every.Store(int64(10 * time.Millisecond))
	hello := make([]byte, len("HELLO\n"))
	_, err := io.ReadFull(conn, hello)
	return nil, err
}

func (p lineProtocol) Join(_ context.Context, room int, members []int, write fanout.Write) error {
	for _, m := range members {
		if err := write(m, fmt.Appendf(nil, "JOIN room%d\n", room)); err != nil {
			return err
		}
	}
	return nil
}

func (p lineProtocol) Publish(dst []byte, room int, body []byte, _ bool) []byte {
	return fmt.Appendf(dst, "PUB room%d %s\n", room, body)
}

func (p lineProtocol) Cut(b []byte) (f fanout.Frame, err error) {
	n := bytes.IndexByte(b, '\n')
	if n < 0 {
		return f, nil
	}
	f.Size = n + 1
	switch line := b[:n]; {
	case bytes.Equal(line, []byte("PING")):
		f.Answer = []byte("PONG\n")
	case bytes.HasPrefix(line, []byte("MSG ")):
		f.Payload = line
	default:
		err = fmt.Errorf("not understood: %q", line)
	}
	return f, err
}

// Another kind of server is measured by its Protocol alone: its frames, its rooms that members join by themselves, its heartbeats, and
// that who speaks hears itself, which is no delivery.
func TestRun_SpeaksAnyProtocol(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	for name, change := range map[string]func(*fanout.Options){
		"closed": func(*fanout.Options) {},
		"open":   func(o *fanout.Options) { o.Window, o.DeliveriesPerSecond = 0, 2000 },
	} {
		o := options(t, "http://127.0.0.1:1")
		o.Protocol, o.AdminURL, o.Rooms, o.Senders = lineProtocol{h.listener.Addr().String(), new(atomic.Int64)}, "", 2, 2
		change(&o)
		m := measure(t, o)
		if !m.Correct() || m.Latency.Max == 0 || m.ServerCPU != nil || m.Memory != nil {
			t.Errorf("%s: %+v", name, m)
		}
		if o.Window == 0 && m.Broadcasts != 100 {
			t.Errorf("%d broadcasts of 2,000 deliveries a second to 4 in 0.2 s, want 100", m.Broadcasts)
		}
		h.mu.Lock()
		clear(h.rooms) // the hub never deletes any
		h.mu.Unlock()
	}
	if len(h.pongs) == 0 || h.beats.Load() == 0 { // Beat was asked too early
		t.Errorf("%d PINGs were answered, %d heartbeats came", len(h.pongs), h.beats.Load())
	}
}
