package chaos

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// cable is a proxy before one port of a node, for one of the others: the other dials the cable in its place.
type cable struct {
	listener    net.Listener
	target      string
	there, back *gate // from who dials to the target, and from the target
	mu          sync.Mutex
	broken      bool
	joints      map[*joint]bool
	running     sync.WaitGroup
}

// newCable returns a cable to target that carries until the test ends.
func newCable(t testing.TB, target string, there, back *gate) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{listener: l, target: target, there: there, back: back, joints: map[*joint]bool{}}
	c.running.Go(c.run)
	t.Cleanup(c.close)
	return c
}

func (c *cable) addr() string { return c.listener.Addr().String() }

func (c *cable) run() {
	for {
		near, err := c.listener.Accept()
		if err != nil {
			return // closed
		}
		c.running.Go(func() { c.join(near) })
	}
}

// join carries what one connection says, until it ends.
func (c *cable) join(near net.Conn) {
	far, err := net.DialTimeout("tcp", c.target, time.Second)
	if err != nil {
		reset(near)
		return
	}
	j := &joint{near: near, far: far, done: make(chan struct{})}
	if !c.add(j) {
		j.end()
		return
	}
	var both sync.WaitGroup
	both.Go(func() { j.pump(far, near, c.there) })
	both.Go(func() { j.pump(near, far, c.back) })
	both.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.joints, j)
}

func (c *cable) add(j *joint) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.broken {
		c.joints[j] = true
	}
	return !c.broken
}

// cut resets all connections, and those that come until mend.
func (c *cable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = true
	for j := range c.joints {
		j.end()
	}
}

func (c *cable) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = false
}

func (c *cable) close() {
	_ = c.listener.Close() // nothing is left to tell
	c.cut()
	c.running.Wait()
}

// joint is one connection through a cable.
type joint struct {
	near, far net.Conn
	ending    sync.Once
	done      chan struct{} // closed by end
}

func (j *joint) end() {
	j.ending.Do(func() {
		close(j.done)
		reset(j.near)
		reset(j.far)
	})
}

// reset closes a connection as a broken one ends: the peer gets an error, not an end.
func reset(c net.Conn) {
	_ = c.(*net.TCPConn).SetLinger(0) // it may have ended
	_ = c.Close()
}

// piece is what was read at once.
type piece struct {
	bytes   []byte
	arrived time.Time
}

// held is how many pieces of at most 32 KiB a direction of a connection keeps; then it reads no more, as a full window.
const held = 64

// pump carries one direction through its gate. When it ends, so does the connection.
func (j *joint) pump(to io.Writer, from io.Reader, g *gate) {
	defer j.end()
	pieces := make(chan piece, held)
	var reading sync.WaitGroup
	defer reading.Wait()
	defer j.end()
	reading.Go(func() {
		defer close(pieces)
		j.read(from, pieces)
	})
	for p := range pieces {
		if !g.pass(p.arrived, j.done) {
			return
		}
		if _, err := to.Write(p.bytes); err != nil {
			return
		}
	}
}

func (j *joint) read(from io.Reader, pieces chan<- piece) {
	for {
		bytes := make([]byte, 32<<10)
		n, err := from.Read(bytes)
		if err != nil {
			return
		}
		select {
		case pieces <- piece{bytes[:n], time.Now()}:
		case <-j.done:
			return
		}
	}
}
