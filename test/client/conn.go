package client

import (
	"encoding/json"
	"sync"
	"time"
)

// Conn is one logged-in session. Dial makes it.
type Conn struct {
	opts  Options
	link  link
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
}

// link carries the packets of Engine.IO. Its methods may be called at the same time, receive once.
type link interface {
	// receive hands packets to take, one at a time and in order, until the link ends, for whatever reason.
	receive(take func(packet string))
	// send sends one packet.
	send(packet string) error
	// cut ends the link without a word; more than once is once.
	cut()
}

type loginAnswer struct {
	Success bool   `json:"success"`
	ID      string `json:"id"`
	Error   int    `json:"error"`
}

func newConn(o Options, l link) *Conn {
	c := &Conn{opts: o, link: l, login: make(chan loginAnswer, 1), done: make(chan struct{})}
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
	return c.link.send(string(packet))
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
func (c *Conn) Logout() error { return c.link.send(`42/chat,["logout"]`) }

// Close says goodbye, ends the connection and waits until nothing will be heard any more.
func (c *Conn) Close() error {
	err := c.link.send("41/chat,")
	c.Cut()
	return err
}

// Cut ends the connection without a word, as a vanished network does, and waits until nothing will be heard any more.
// It must not be called from On or from an answer function.
func (c *Conn) Cut() {
	c.link.cut()
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

// run takes what comes until the link ends. It owns done.
func (c *Conn) run() {
	stop := make(chan struct{})
	var beats sync.WaitGroup
	defer close(c.done)
	defer beats.Wait()
	defer c.link.cut()
	defer close(stop)
	c.link.receive(func(packet string) {
		if c.handle(packet) {
			beats.Go(func() { c.beat(packet[1:], stop) })
		}
	})
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
			_ = c.link.send("2") // a dead link ends run, which ends this
		case <-stop:
			return
		}
	}
}
