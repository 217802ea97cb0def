package chaos

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/parley-im/parley/test/client"
)

// Answers after which a client says the same again (docs/protocol.md 13).
const (
	unavailable = 5013
	overloaded  = 5014
)

// strand is what one user says in one conversation: one message after the other, each until it has success. A connection takes
// it up where the last one left it.
type strand struct {
	user         *user
	to           client.To
	conversation string
	// withID: messages have ids, and are said again when nobody knows what became of them; else they are given up then.
	withID bool
	// pause is the time between a success and the next message.
	pause time.Duration
	// shot is set in a conversation in which one message is said at each fault, and no other.
	shot *shot

	open, last *message // without and with success; touched by talk alone, of which one runs at a time
	// acked is when the last message had success that was first said after its predecessor had, in ns since the run began.
	acked atomic.Int64
}

// began is what strands count from.
var began = time.Now()

// talk says messages to a node until c, ctx or stop ends. First it says again what had the last success (but nobody touches a
// shot), and what has none.
func (s *strand) talk(ctx context.Context, stop <-chan struct{}, c *client.Conn, node string) {
	if s.withID && s.last != nil && s.shot == nil {
		s.say(ctx, c, node, s.last)
	}
	for {
		if s.open == nil {
			if !s.awaitTurn(stop, c) {
				return
			}
			s.open = s.user.journal.next(s.conversation, s.user.name, s.withID)
		}
		switch s.say(ctx, c, node, s.open) {
		case success:
			s.acked.Store(int64(time.Since(began)))
			s.shot.hit(s.open)
			s.last, s.open = s.open, nil
		case again:
			if !s.withID {
				s.giveUp()
			}
		case over:
			if !s.withID {
				s.giveUp()
			}
			return
		}
		wait(ctx, s.pause)
	}
}

// awaitTurn returns false when c or stop ended before there was something to say.
func (s *strand) awaitTurn(stop <-chan struct{}, c *client.Conn) bool {
	select {
	case <-stop:
		return false
	case <-c.Done():
		return false
	case <-s.shot.turn():
	}
	select {
	case <-stop: // it counts more
		return false
	default:
		return true
	}
}

func (s *strand) giveUp() {
	s.user.journal.giveUp(s.open)
	s.open = nil
}

// outcome is what became of saying something.
type outcome int

const (
	success outcome = iota
	again           // it was refused for now
	over            // the connection ended, or was hung up
)

func (s *strand) say(ctx context.Context, c *client.Conn, node string, m *message) outcome {
	answers := make(chan client.Answer, 1)
	msg := client.TextTo(s.to, m.body)
	msg.ID = m.id
	s.user.journal.say(m, node)
	if c.Say(msg, func(a client.Answer) { answers <- a }) != nil {
		return over
	}
	var bored <-chan time.Time
	if s.user.impatient {
		t := time.NewTimer(patience)
		defer t.Stop()
		bored = t.C
	}
	select {
	case a := <-answers:
		s.user.journal.answer(m, a)
		if a.Success {
			return success
		}
		return again
	case <-bored:
		c.Cut()
	case <-c.Done():
	case <-ctx.Done():
	}
	return over
}
