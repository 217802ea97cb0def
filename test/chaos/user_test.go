package chaos

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// user is one who is connected to one of the nodes, to any of them when the connection ends and home when all is well, and
// talks in some conversations.
type user struct {
	name    string
	nodes   []*servertest.Node // in the order in which they are tried
	strands []*strand
	// impatient: hangs up when an answer takes longer than patience.
	impatient bool
	journal   *journal
	rng       *rand.Rand
	// homeward asks for a new connection, to the first node.
	homeward chan struct{} // of one
	// names are the conversations, by how the wire names them to the user.
	names map[client.To]string

	mu    sync.Mutex
	lives []*life
}

// patience is how long an impatient user waits for an answer.
const patience = 3 * time.Second

// breath is the time between two attempts.
const breath = 50 * time.Millisecond

// dialTimeout is how long a user waits for a login.
const dialTimeout = servertest.Slowdown * 5 * time.Second

// run connects, talks until stop is closed, then listens until ctx ends.
func (u *user) run(ctx context.Context, stop <-chan struct{}) {
	for next := 0; ctx.Err() == nil; {
		n := u.nodes[next%len(u.nodes)]
		l := newLife(u.name, n.Name, u.conversationOf)
		c, err := u.dial(ctx, n, l)
		if err != nil {
			wait(ctx, breath)
			next++
			continue
		}
		l.begin()
		u.mu.Lock()
		u.lives = append(u.lives, l)
		u.mu.Unlock()
		next = u.live(ctx, stop, c, n.Name)
		if ctx.Err() == nil {
			l.end()
		}
	}
}

func (u *user) dial(ctx context.Context, n *servertest.Node, l *life) (*client.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	return client.Dial(ctx, client.Options{
		Addr: n.Listen, App: servertest.App, Sign: client.SignNow(servertest.ClientKey), User: u.name, On: l.on,
	})
}

// live talks on c until c or ctx ends, or the user should go home. It returns which of the nodes is next.
func (u *user) live(ctx context.Context, stop <-chan struct{}, c *client.Conn, node string) (next int) {
	var talking sync.WaitGroup
	for _, s := range u.strands {
		talking.Go(func() { s.talk(ctx, stop, c, node) })
	}
	select {
	case <-c.Done():
		next = u.rng.IntN(len(u.nodes))
	case <-u.homeward:
	case <-ctx.Done():
	}
	c.Cut()
	talking.Wait()
	return next
}

// goHome makes u go to the first of its nodes unless it is there, so that users stay spread.
func (u *user) goHome() {
	if l := u.present(); l == nil || l.node == u.nodes[0].Name {
		return
	}
	select {
	case u.homeward <- struct{}{}:
	default: // on the way
	}
}

// conversationOf names the conversation of a message that u hears.
func (u *user) conversationOf(h client.Heard) string {
	to := client.To{ID: h.From.ID}
	if h.From.GID != "" {
		to.ID = h.From.GID
	}
	if h.From.Type != nil {
		to.Type = *h.From.Type
	}
	return u.names[to]
}

// present returns the connection that u has, nil = none.
func (u *user) present() *life {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.lives) == 0 {
		return nil
	}
	l := u.lives[len(u.lives)-1]
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.mu.ended.IsZero() {
		return nil
	}
	return l
}

// memories are all of u's connections.
func (u *user) memories() (all []memory) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, l := range u.lives {
		all = append(all, l.memory())
	}
	return all
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
