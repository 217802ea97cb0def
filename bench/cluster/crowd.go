package cluster

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/parley-im/parley/bench/swarm"
)

// settleTimeout bounds the time in which all that was said is answered and heard.
const settleTimeout = 30 * time.Second

// crowd are the users who talk in some conversations, logged in on the nodes in turn.
type crowd struct {
	place *place
	// groups are the conversations, users how many talk there: all of the pools that have one.
	groups []string
	users  int
	// window is how many messages a user may have unacknowledged, slots takes the answer to each: true for a success.
	window int
	slots  [][]chan bool
	// flight is the open load that is under way, nil while there is none.
	flight atomic.Pointer[flight]
	swarms []*swarm.Swarm
	body   string

	began time.Time
	fail  context.CancelCauseFunc
	// acked and refused count answers, heard messages of others.
	acked, refused, heard atomic.Int64
}

// gather logs in everybody who talks in so many conversations. fail is told when a connection ends.
func (p *place) gather(ctx context.Context, conversations int, fail context.CancelCauseFunc) (*crowd, error) {
	p.progress(fmt.Sprintf("%d conversations", conversations), 0, 0)
	pools := min(p.opts.Pools, conversations)
	c := &crowd{
		place: p, groups: p.groups[:conversations], users: pools * p.opts.Members, window: min(p.opts.Window, conversations/pools),
		body: words(p.opts.Size), began: time.Now(), fail: fail,
	}
	c.slots = make([][]chan bool, c.users)
	for u := range c.slots {
		for range c.window {
			c.slots[u] = append(c.slots[u], make(chan bool, 1))
		}
	}
	for i := range p.nodes {
		s, err := c.logIn(ctx, i)
		if err != nil {
			c.close()
			return nil, fmt.Errorf("%w: %w", errCutOff, err)
		}
		c.swarms = append(c.swarms, s)
	}
	return c, nil
}

// logIn logs in the users of a node: every so many-th.
func (c *crowd) logIn(ctx context.Context, i int) (*swarm.Swarm, error) {
	n, nodes := c.place.nodes[i], len(c.place.nodes)
	of := func(member int) int { return member*nodes + i }
	return swarm.Open(ctx, swarm.Options{
		URL: n.URL, App: n.App, Key: n.Key, Revision: 4, Members: (c.users - i + nodes - 1) / nodes,
		User:   func(member int) string { return user(of(member)) },
		NewEar: func() swarm.Ear { return &ear{crowd: c, of: of} },
		OnEnd: func(member int, reason error) {
			c.fail(fmt.Errorf("%s was %w: %w", user(of(member)), errCutOff, reason))
		},
	})
}

func (c *crowd) close() {
	for _, s := range c.swarms {
		s.Close()
	}
}

// say says something in a group as a user, and asks for an answer under a number.
func (c *crowd) say(u, group, number int) error {
	nodes := len(c.swarms)
	return c.swarms[u%nodes].Send(u/nodes, fmt.Appendf(nil,
		`42/chat,%d["say",{"to":{"id":%q,"type":1},"content":{"media":0,"body":%q}}]`, number, c.groups[group], c.body))
}

// answered takes an answer: that of a slot, or that of a message of the open load.
func (c *crowd) answered(u, number int, ok bool) {
	if ok {
		c.acked.Add(1)
	} else {
		c.refused.Add(1)
	}
	if number < c.window {
		c.slots[u][number] <- ok
		return
	}
	c.flight.Load().landed(number-c.window, ok)
}

// settle waits until all have heard what was acknowledged, so that nothing of one load is left in the next.
func (c *crowd) settle(ctx context.Context) error {
	deadline := time.Now().Add(settleTimeout)
	others := int64(c.place.opts.Members - 1)
	for want := c.acked.Load() * others; c.heard.Load() < want; {
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d deliveries are missing", want-c.heard.Load(), want)
		}
		if err := wait(ctx, lookEvery); err != nil {
			return err
		}
	}
	return nil
}

// ear hears for the users of one node.
type ear struct {
	crowd *crowd
	of    func(member int) (user int)
}

var (
	answerEvent  = []byte(`43/chat,`)
	messageEvent = []byte(`42/chat,["message",`)
	success      = []byte(`"success":true`)
	errAnswer    = errors.New("an answer that nobody asked for")
)

// Begin implements swarm.Ear.
func (e *ear) Begin() {}

// End implements swarm.Ear.
func (e *ear) End() {}

// Hear implements swarm.Ear.
func (e *ear) Hear(member int, packet []byte) {
	if bytes.HasPrefix(packet, messageEvent) {
		e.crowd.heard.Add(1)
		return
	}
	answer, ok := bytes.CutPrefix(packet, answerEvent)
	if !ok {
		return
	}
	number, rest, ok := cutNumber(answer)
	if !ok {
		e.crowd.fail(fmt.Errorf("%w: %s", errAnswer, packet))
		return
	}
	e.crowd.answered(e.of(member), number, bytes.Contains(rest, success))
}

// cutNumber cuts the digits off that b begins with.
func cutNumber(b []byte) (number int, rest []byte, ok bool) {
	for len(b) > 0 && '0' <= b[0] && b[0] <= '9' && number < 1<<40 {
		number, b, ok = 10*number+int(b[0]-'0'), b[1:], true
	}
	return number, b, ok
}

// words are n random letters, which compress little and need no escapes.
func words(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return base64.RawURLEncoding.EncodeToString(b)[:n]
}
