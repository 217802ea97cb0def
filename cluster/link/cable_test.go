package link

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/im"
)

// cable is a proxy in front of a node's listener, that can be cut, and can hold back what is on its way.
type cable struct {
	ln net.Listener
	to string

	mu struct {
		sync.Mutex
		conns map[net.Conn]bool
		cut   bool
		// held tells of each direction whether it carries nothing; free is closed when that may have changed.
		held [2]bool
		free chan struct{}
		// gap is how long a direction carries nothing after each 32 KiB.
		gap time.Duration
	}
	running sync.WaitGroup
}

// The directions of a cable.
const (
	there = iota // from who dials
	back
)

func newCable(t *testing.T, to string) *cable {
	t.Helper()
	c := &cable{ln: loopback(t), to: to}
	c.mu.conns, c.mu.free = map[net.Conn]bool{}, make(chan struct{})
	c.running.Go(c.accept)
	t.Cleanup(func() {
		c.ln.Close()
		c.cut(true)
		c.running.Wait()
	})
	return c
}

func (c *cable) accept() {
	for {
		dialler, err := c.ln.Accept()
		if err != nil {
			return
		}
		listener, err := net.Dial("tcp", c.to)
		if err != nil || !c.plug(dialler, listener) {
			dialler.Close()
			if listener != nil {
				listener.Close()
			}
			continue
		}
		c.running.Go(func() { c.carry(dialler, listener, there) })
		c.running.Go(func() { c.carry(listener, dialler, back) })
	}
}

func (c *cable) plug(conns ...net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range conns {
		c.mu.conns[conn] = true
	}
	return !c.mu.cut
}

// carry moves bytes one way. While that way is held it moves none, but neither does it close anything.
func (c *cable) carry(from, to net.Conn, way int) {
	defer to.Close()
	defer from.Close()
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		c.passable(way)
		if err != nil {
			return
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
		<-time.After(c.pace())
	}
}

func (c *cable) pace() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.gap
}

// slow makes the cable carry 32 KiB in that time at most.
func (c *cable) slow(gap time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.gap = gap
}

// usualSilence is for tests of links on which nothing may be heard for a while.
func usualSilence(o *Options) { o.times.silence = usualTimes.silence }

// passable waits until that way is not held.
func (c *cable) passable(way int) {
	for {
		c.mu.Lock()
		held, free := c.mu.held[way] && !c.mu.cut, c.mu.free
		c.mu.Unlock()
		if !held {
			return
		}
		<-free
	}
}

// hold holds both ways back, or lets them go.
func (c *cable) hold(waysThere, waysBack bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.held = [2]bool{there: waysThere, back: waysBack}
	c.changedLocked()
}

// cut ends all connections; while it is cut there are no others.
func (c *cable) cut(cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.cut = cut
	for conn := range c.mu.conns {
		conn.Close()
	}
	clear(c.mu.conns)
	c.changedLocked()
}

func (c *cable) changedLocked() {
	close(c.mu.free)
	c.mu.free = make(chan struct{})
}

// cabled starts a and b, with a link over a cable.
func cabled(t *testing.T, change func(*Options)) (a, b *node, c *cable) {
	t.Helper()
	b = newNode(t, "b", loopback(t), change)
	c = newCable(t, b.opts.Listener.Addr().String())
	a = newNode(t, "a", loopback(t), change)
	a.SetPeer("b", c.ln.Addr().String())
	b.SetPeer("a", "unused:1")
	a.Open()
	b.Open()
	a.await(t, "up b", 1)
	b.await(t, "up a", 1)
	return a, b, c
}

// A cut cable takes the link down on both sides, and what waited with it; when it is mended the link comes back within
// the longest pause and a handshake, and carries what is sent from then on.
func TestCable_CutAndMended(t *testing.T) {
	a, b, c := cabled(t, nil)
	for round := range 3 {
		c.cut(true)
		a.await(t, "down b", round+1)
		b.await(t, "down a", round+1)
		wantKind(t, a.Send("b", mail(1, 1)), im.Unavailable)
		c.cut(false)
		a.await(t, "up b", round+2)
		b.await(t, "up a", round+2)
		a.mustSend(t, "b", mail(uint64(round), 100))
		b.mustSend(t, "a", mail(uint64(round), 100))
		a.await(t, "got b", round+1)
		b.await(t, "got a", round+1)
	}
	a.wantPaired(t, "b")
	b.wantPaired(t, "a")
}

// A cable that carries nothing, one way or both, without being cut: both sides notice within their second, a half-open
// connection holds nothing, and the link comes back when the cable carries again. Frames that were held back and arrive
// after all belong to the old link: nobody hears them.
func TestCable_HeldBack(t *testing.T) {
	for name, held := range map[string][2]bool{"there": {true, false}, "back": {false, true}, "both": {true, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b, c := cabled(t, func(o *Options) {
				usualSilence(o)
				o.times.handshake = usualTimes.silence
			})
			c.hold(held[there], held[back])
			began := time.Now()
			if held[there] {
				a.mustSend(t, "b", mail(1, 10))
			}
			a.await(t, "down b", 1)
			b.await(t, "down a", 1)
			if took := time.Since(began); took < usualTimes.silence/2 {
				t.Errorf("the link was down after %v", took)
			}
			wantKind(t, a.Send("b", mail(1, 10)), im.Unavailable)
			c.hold(false, false)
			a.await(t, "up b", 2)
			a.mustSend(t, "b", mail(2, 10))
			eventually(t, "the frame of the second link", func() bool {
				got := b.framesOf("a")
				return len(got) > 0 && got[len(got)-1].Number == 2
			})
			if got := b.framesOf("a"); len(got) != 1 {
				t.Errorf("b heard %d frames, want the last alone", len(got))
			}
			a.wantPaired(t, "b")
			b.wantPaired(t, "a")
		})
	}
}

// A cable that carries little at a time slows a link down and does not end it: what was sent arrives, although writing it
// takes longer than a second in all.
func TestCable_SlowIsNotSilent(t *testing.T) {
	a, b, c := cabled(t, usualSilence)
	c.slow(5 * time.Millisecond)
	const frames = 12
	began := time.Now()
	for i := range frames {
		a.mustSend(t, "b", mail(uint64(i), 1<<20))
	}
	b.await(t, "got a", frames)
	if took := time.Since(began); took < usualTimes.silence {
		t.Errorf("the cable is fast: %v", took)
	}
	if got := b.eventsOf("a"); len(got) != 1 {
		t.Errorf("the link went down: %v", got)
	}
}
