package swarm

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

const (
	// dialers is how many logins are in progress at once: enough to keep both sides busy, few enough for the server's
	// listen queue.
	dialers = 64
	// loginTimeout bounds one login.
	loginTimeout = 30 * time.Second
	// writeTimeout bounds one write: a server that has stopped reading makes Send fail.
	writeTimeout = 10 * time.Second
	// goodbyeTimeout bounds the last write of a connection that is closed.
	goodbyeTimeout = 100 * time.Millisecond
)

// Options say whom to log in, and where.
type Options struct {
	// URL is the server's root: http://HOST:PORT.
	URL string
	// App and Key (any of its keys) sign the logins.
	App, Key string
	// Revision of Engine.IO: 3 or 4.
	Revision int
	// Members is how many log in; User names the one with that number, from 0 on.
	Members int
	User    func(member int) string
	// NoLogin says that members connect and do not log in: OnLogin is called when a session is open, `40/chat,` is left to
	// Send, and what answers it is heard.
	NoLogin bool
	// NewEar makes an Ear. It is called when more members have something to read at once than ever before.
	NewEar func() Ear
	// OnLogin is called after each login, OnEnd when a connection ended that was not closed here. Both may be called from
	// several goroutines at once; nil = nobody.
	OnLogin func()
	OnEnd   func(member int, reason error)
}

// Ear hears. Its methods are called by one goroutine at a time, which must not be kept waiting.
type Ear interface {
	// Begin is called when bytes have arrived at a socket, before what they say is heard.
	Begin()
	// Hear takes one Engine.IO message as it came: `42/chat,["message",...]`. The slice is valid during the call.
	Hear(member int, packet []byte)
	// End is called when everything that had arrived is heard.
	End()
}

// Swarm is many logged-in members.
type Swarm struct {
	opts  Options
	host  string
	sign  string
	desks desks
	// conns has one per member, nil until its login. It is not changed after Open.
	conns []*conn

	running sync.WaitGroup
	closing atomic.Bool
	stop    chan struct{} // closed by Close
	once    sync.Once
}

var errURL = errors.New("the server's URL must be http://HOST:PORT")

// Open logs all members in. When one fails, or ctx ends, all are closed again.
func Open(ctx context.Context, o Options) (*Swarm, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "http" || u.Host == "" {
		return nil, errURL
	}
	s := &Swarm{
		opts: o, host: u.Host, sign: Sign(o.Key, time.Now()), conns: make([]*conn, o.Members),
		desks: desks{newEar: o.NewEar}, stop: make(chan struct{}),
	}
	if err := s.loginAll(ctx); err != nil {
		s.Close()
		return nil, err
	}
	s.running.Go(s.tend)
	return s, nil
}

// loginAll returns the first error.
func (s *Swarm) loginAll(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var dialing sync.WaitGroup
	for range min(dialers, s.opts.Members) {
		dialing.Go(func() {
			for m := int(next.Add(1)) - 1; m < s.opts.Members && ctx.Err() == nil; m = int(next.Add(1)) - 1 {
				if err := s.login(ctx, m); err != nil {
					cancel(err)
				}
			}
		})
	}
	dialing.Wait()
	return context.Cause(ctx)
}

func (s *Swarm) login(ctx context.Context, member int) error {
	ctx, cancel := context.WithTimeout(ctx, loginTimeout)
	defer cancel()
	user := s.opts.User(member)
	c, err := s.dial(ctx, member, user)
	if err != nil {
		return fmt.Errorf("log in %s: %w", user, err)
	}
	s.conns[member] = c
	s.running.Go(c.run)
	if s.opts.OnLogin != nil {
		s.opts.OnLogin()
	}
	return nil
}

// Send sends one Engine.IO packet as a member: `42/chat,["say",...]`. It blocks while the server does not read; an error
// means that the connection is of no more use. The packet is not kept.
func (s *Swarm) Send(member int, packet []byte) error {
	return s.conns[member].send(packet)
}

// Close says goodbye for every member and waits until nothing is heard any more. Any number of calls is fine.
func (s *Swarm) Close() {
	s.once.Do(func() {
		s.closing.Store(true)
		close(s.stop)
		for _, c := range s.conns {
			if c != nil {
				c.close()
			}
		}
	})
	s.running.Wait()
}

// Cut closes all sockets without a word, as if the members' processes had been killed. Close waits for what is left of
// them.
func (s *Swarm) Cut() {
	s.closing.Store(true)
	for _, c := range s.conns {
		_ = c.sock.Close() // the server may have ended it
	}
}

// frameOf returns a masked frame with a copy of packet.
func frameOf(op ws.OpCode, packet []byte) []byte {
	return ws.MustCompileFrame(ws.MaskFrame(ws.NewFrame(op, true, packet)))
}
