package link

import (
	"net"
	"slices"
	"sync"
)

// door holds the connections of others that are in their handshake. Bounded in number; overflow: the oldest is closed, and
// its handshake waited for. An honest one takes milliseconds, so this hits whoever holds connections open.
type door struct {
	max int

	mu struct {
		sync.Mutex
		guests []*guest // oldest first
		closed bool
	}
}

// guest is a connection in its handshake.
type guest struct {
	conn net.Conn
	left chan struct{}
}

func newDoor(limit int) *door { return &door{max: limit} }

// enter lets conn in, nil = the door is closed, and so is conn. Whoever handles the guest calls leave. It is called from
// one goroutine.
func (d *door) enter(conn net.Conn) *guest {
	for {
		g, oldest := d.tryEnter(conn)
		if oldest == nil {
			return g
		}
		<-oldest.left
	}
}

// tryEnter returns the guest that must leave first, if there is one.
func (d *door) tryEnter(conn net.Conn) (in, oldest *guest) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.mu.closed {
		_ = conn.Close()
		return nil, nil
	}
	if len(d.mu.guests) == d.max {
		oldest = d.mu.guests[0]
		_ = oldest.conn.Close()
		return nil, oldest
	}
	g := &guest{conn: conn, left: make(chan struct{})}
	d.mu.guests = append(d.mu.guests, g)
	return g, nil
}

// leave takes g out. From here on its connection is not closed by the door.
func (d *door) leave(g *guest) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mu.guests = slices.DeleteFunc(d.mu.guests, func(other *guest) bool { return other == g })
	close(g.left)
}

// close closes all that are inside, and whoever comes.
func (d *door) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mu.closed = true
	for _, g := range d.mu.guests {
		_ = g.conn.Close()
	}
}
