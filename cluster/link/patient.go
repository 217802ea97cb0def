package link

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
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

// maxSilences is how many silences together all that is written at once may take. What waits for a peer, 16 MiB at most, then goes at
// 1.7 MB/s or the link is down: that is better for whoever waits for answers than a link that is up and full.
const maxSilences = 10

// patient reads and writes a connection, and gives up when the peer does nothing for that long. Under TLS it is below: a write
// that runs out of time, to be gone on with, would break TLS for good.
type patient struct {
	net.Conn
	// silence is how long the peer may do nothing; zero = deadlines are left to whoever has the connection.
	silence time.Duration
	// spent is what writing has taken since rest, in nanoseconds. TLS writes for who reads, too.
	spent atomic.Int64
}

// rest begins what is written at once.
func (p *patient) rest() { p.spent.Store(0) }

// Read reads what has come, and waits if that is nothing.
func (p *patient) Read(b []byte) (int, error) {
	if p.silence == 0 {
		return p.Conn.Read(b)
	}
	for range pieces {
		if err := p.SetReadDeadline(time.Now().Add(p.silence / pieces)); err != nil {
			return 0, err
		}
		n, err := p.Conn.Read(b)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
	}
	return 0, errSilent
}

// Write writes all of b, as long as the peer takes some of it. All since rest may take ten silences. They are counted in pieces too,
// so the time that this process was stopped does not count.
func (p *patient) Write(b []byte) (written int, err error) {
	if p.silence == 0 {
		return p.Conn.Write(b)
	}
	piece := p.silence / pieces
	for missed := 0; missed < pieces; missed++ {
		if p.spent.Load() >= int64(maxSilences*p.silence) {
			return written, errSlow
		}
		began := time.Now()
		if err := p.SetWriteDeadline(began.Add(piece)); err != nil {
			return written, err
		}
		n, err := p.Conn.Write(b[written:])
		written += n
		p.spent.Add(int64(min(time.Since(began), piece)))
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return written, err
		}
		if n > 0 {
			missed = -1
		}
	}
	return written, errSilent
}
