package client

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// writeTimeout bounds one write: a server that stops reading makes Say fail, it does not hang the test.
const writeTimeout = 10 * time.Second

// Conn is one logged-in socket. Dial makes it.
type Conn struct {
	opts  Options
	sock  net.Conn
	login chan loginAnswer // one answer, buffered
	done  chan struct{}    // closed by run, when nothing will be heard any more
	id    string           // set by Dial

	mu struct {
		sync.Mutex
		next    int // the next ack id
		answers map[int]func(Answer)
		// dismissed: the server sent DISCONNECT for /chat, which clients take for "do not come back".
		dismissed bool
	}
	write sync.Mutex // guards writes to sock
}

type loginAnswer struct {
	Success bool   `json:"success"`
	ID      string `json:"id"`
	Error   int    `json:"error"`
}

func newConn(o Options, sock net.Conn) *Conn {
	c := &Conn{opts: o, sock: sock, login: make(chan loginAnswer, 1), done: make(chan struct{})}
	c.mu.answers = make(map[int]func(Answer))
	return c
}

// ID is the id that the login was answered with: the user's, or that of the passenger.
func (c *Conn) ID() string { return c.id }

// Say sends m. When answer is not nil the server is asked for an acknowledgement and answer is called with it, from
// the connection's goroutine; it is never called when the connection ends first.
func (c *Conn) Say(m Message, answer func(Answer)) error {
	packet, err := encodeSay(m, c.expect(answer))
	if err != nil {
		return err
	}
	return c.send(packet)
}

// expect registers answer and returns its ack id, -1 for nil.
func (c *Conn) expect(answer func(Answer)) int {
	if answer == nil {
		return -1
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.mu.next
	c.mu.next++
	c.mu.answers[id] = answer
	return id
}

// Logout asks to unbind the installation of the login from its user (docs/protocol.md section 4).
func (c *Conn) Logout() error { return c.send([]byte(`42/chat,["logout"]`)) }

// Close says goodbye, closes the socket and waits until nothing will be heard any more.
func (c *Conn) Close() error {
	err := c.send([]byte("41/chat,"))
	c.Cut()
	return err
}

// Cut closes the socket without a word, as a vanished network does, and waits until nothing will be heard any more.
// It must not be called from On or from an answer function.
func (c *Conn) Cut() {
	_ = c.sock.Close() // it may be closed already
	<-c.done
}

// Done is closed when the connection has ended and nothing will be heard any more.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Dismissed reports whether the server told the client to stay away (docs/protocol.md 3.9).
func (c *Conn) Dismissed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.dismissed
}

func (c *Conn) send(packet []byte) error {
	frame := ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewTextFrame(packet)))
	c.write.Lock()
	defer c.write.Unlock()
	if err := c.sock.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	_, err := c.sock.Write(frame)
	return err
}

// run reads until the socket ends. It owns done.
func (c *Conn) run(r io.Reader) {
	stop := make(chan struct{})
	var beats sync.WaitGroup
	defer close(c.done)
	defer beats.Wait()
	defer c.sock.Close() //nolint:errcheck // the peer may have closed it
	defer close(stop)
	stream := struct {
		io.Reader
		io.Writer
	}{r, c.sock}
	for {
		text, err := wsutil.ReadServerText(stream)
		if err != nil {
			return // the end of the socket is how every connection ends
		}
		if c.handle(string(text)) {
			beats.Go(func() { c.beat(string(text[1:]), stop) })
		}
	}
}

// beat sends the pings of Engine.IO 3, whose client keeps the heartbeat (docs/protocol.md 3.4).
func (c *Conn) beat(open string, stop <-chan struct{}) {
	var params struct{ PingInterval int64 }
	if json.Unmarshal([]byte(open), &params) != nil || params.PingInterval <= 0 {
		return
	}
	tick := time.NewTicker(time.Duration(params.PingInterval) * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			_ = c.send([]byte("2")) // a dead socket ends run, which ends this
		case <-stop:
			return
		}
	}
}
