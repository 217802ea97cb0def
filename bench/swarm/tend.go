package swarm

import "time"

const (
	// rounds is how often a connection is visited.
	rounds = 2 * time.Second
	// parts of the members are visited at a time, so that a visit of all does not look like a hiccup of the server.
	parts = 16
)

// tend visits every connection once a round: it wakes its reader, for an end of the stream that no event told, and in
// Engine.IO 3 it sends the client's pings (MaxIM protocol, 3.4). In Engine.IO 4 the server pings.
func (s *Swarm) tend() {
	tick := time.NewTicker(rounds / parts)
	defer tick.Stop()
	for part := 0; ; part = (part + 1) % parts {
		select {
		case now := <-tick.C:
			for m := part; m < len(s.conns); m += parts {
				s.conns[m].visit(now)
			}
		case <-s.stop:
			return
		}
	}
}

func (c *conn) visit(now time.Time) {
	_ = c.sock.SetReadDeadline(longAgo) // fails only on one that has ended
	if c.swarm.opts.Revision != 3 || c.beat <= 0 {
		return
	}
	if c.pinged.IsZero() {
		c.pinged = now
	}
	if now.Sub(c.pinged) >= c.beat-rounds {
		c.pinged = now
		_ = c.send([]byte("2")) // a dead connection ends run
	}
}
