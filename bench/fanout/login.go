package fanout

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-im/parley/bench/readers"
)

const (
	// dialers is how many logins are in progress at once: enough to keep both sides busy, few enough for the server's
	// listen queue.
	dialers = 64
	// loginTimeout bounds one login.
	loginTimeout = 30 * time.Second
)

// longAgo as a deadline makes reads return at once.
var longAgo = time.Unix(1, 0)

// logIn logs all members in, and the visitors.
func (r *run) logIn(ctx context.Context) (err error) {
	r.enter(phase{name: "logging in", total: int64(len(r.members)), count: r.loggedIn.Load})
	if r.sockets, err = readers.New(len(r.members), r.newEar); err != nil {
		return err
	}
	r.tending.Go(r.tend) // who was first has heartbeats to answer before the last is there
	begin := r.now()
	if err := r.logInAll(ctx); err != nil {
		return err
	}
	r.loginsPerSecond = float64(len(r.members)) / (r.now() - begin).Seconds()
	if beat, every := r.proto.Beat(); every > 0 { // by now it is known how often
		r.tending.Go(func() { r.beat(beat, every) })
	}
	r.narrowSome()
	r.full, err = r.meter.read(ctx)
	return err
}

// logInAll returns the first error.
func (r *run) logInAll(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var dialing sync.WaitGroup
	for range min(dialers, len(r.members)) {
		dialing.Go(func() {
			for m := int(next.Add(1)) - 1; m < len(r.members) && ctx.Err() == nil; m = int(next.Add(1)) - 1 {
				if err := r.logInOne(ctx, m); err != nil {
					cancel(fmt.Errorf("log in %s: %w", r.nameOf(m), err))
				}
				r.loggedIn.Add(1)
			}
		})
	}
	dialing.Wait()
	return context.Cause(ctx)
}

func (r *run) logInOne(ctx context.Context, member int) error {
	ctx, cancel := context.WithTimeout(ctx, loginTimeout)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", r.proto.Addr())
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(longAgo) })
	early, err := r.proto.Greet(conn, member)
	if stop() && err == nil {
		return r.sockets.Add(member, conn, early)
	}
	_ = conn.Close() // it is of no use
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// answer is what keeps a member's connection alive.
type answer struct {
	member int
	frame  []byte
}

// answer lets tend answer a heartbeat: a reader does not wait for a server that does not read. Overflow: the heartbeat is not
// answered, and the server cuts the member off, which is told.
func (r *run) answer(member int, frame []byte) {
	select {
	case r.answers <- answer{member, append([]byte(nil), frame...)}:
	default:
	}
}

// parts of the members send their heartbeats at a time, so that all of them do not look like a hiccup of the server.
const parts = 64

// tend answers heartbeats until the run ends.
func (r *run) tend() {
	for {
		select {
		case a := <-r.answers:
			_ = r.sockets.Write(a.member, a.frame) // who reads it says that a connection has ended
		case <-r.done:
			return
		}
	}
}

// beat sends the heartbeats of the clients until the run ends.
func (r *run) beat(beat []byte, every time.Duration) {
	tick := time.NewTicker(every / parts)
	defer tick.Stop()
	for part := 0; ; {
		select {
		case <-tick.C:
			for m := part; m < len(r.members); m += parts {
				_ = r.sockets.Write(m, beat)
			}
			part = (part + 1) % parts
		case <-r.done:
			return
		}
	}
}
