package link

import (
	"errors"
	"net"
	"os"
	"time"
)

var (
	// errSilent ends a link whose peer says nothing, or takes nothing.
	errSilent = errors.New("the peer is silent")
	// errSlow ends a link whose peer takes a little now and then.
	errSlow = errors.New("the peer takes what is written too slowly")
)

// pieces is how often silence is looked at. Each deadline is set when the wait begins: what came while this process did
// something else, or was stopped, is found by the next look at the latest.
const pieces = 4

// maxPieces is how many such pieces of time one Write may take, ten silences together. What waits for a peer, 16 MiB at most,
// then goes at 1.7 MB/s or the link is down: that is better for whoever waits for answers than a link that is up and full.
const maxPieces = 10 * pieces

// patient reads and writes a connection, and gives up when the peer does nothing for that long.
type patient struct {
	conn    net.Conn
	silence time.Duration
}

// Read reads what has come, and waits if that is nothing.
func (p *patient) Read(b []byte) (int, error) {
	for range pieces {
		if err := p.conn.SetReadDeadline(time.Now().Add(p.silence / pieces)); err != nil {
			return 0, err
		}
		n, err := p.conn.Read(b)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
	}
	return 0, errSilent
}

// Write writes all of b, as long as the peer takes some of it, and for ten silences at most. They are counted in pieces too, so
// the time that this process was stopped does not count.
func (p *patient) Write(b []byte) (written int, err error) {
	missed := 0
	for range maxPieces {
		if err := p.conn.SetWriteDeadline(time.Now().Add(p.silence / pieces)); err != nil {
			return written, err
		}
		n, err := p.conn.Write(b[written:])
		written += n
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return written, err
		}
		missed++
		if n > 0 {
			missed = 0
		}
		if missed == pieces {
			return written, errSilent
		}
	}
	return written, errSlow
}
