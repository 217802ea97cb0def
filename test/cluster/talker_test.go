package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/ledger"
)

// talker is one user that says one message after the other to a conversation, on one node, and logs in there again whenever its
// connection ends. What it has no success for it says again, with the same id, until it has.
type talker struct {
	name string
	node *servertest.Node
	to   client.To
	book *ledger.Book
	// conversation is what the book knows it by.
	conversation string
	// turns, unless nil, says when the next message is due; a talker without it says the next when it has an answer.
	turns <-chan struct{}
	// acked, unless nil, is called with each success.
	acked func()

	mu struct {
		sync.Mutex
		said  int
		lives []*life
		// worst is the longest that a message took from its first sending to its success, and when that began.
		worst time.Duration
		at    time.Time
		// refusals counts answers that were no success, by code.
		refusals map[int]int
		faults   []error
	}
}

// life is one connection of a talker: what it heard, and whether it was the one that began before anything was said.
type life struct {
	first bool
	ended bool
	heard []ledger.Record
}

// run logs in, waits for start, talks until stop is closed, then stays connected and listens until ctx ends.
func (k *talker) run(ctx context.Context, start, stop <-chan struct{}) {
	var open *message
	for first := true; ctx.Err() == nil; first = false {
		l := &life{first: first}
		c, err := k.dial(ctx, l)
		if err != nil {
			return
		}
		<-start
		open = k.talk(ctx, c, stop, open)
		select {
		case <-c.Done():
		case <-ctx.Done():
		}
		ended := ctx.Err() == nil
		k.mu.Lock()
		l.ended = ended
		k.mu.Unlock()
		c.Cut()
	}
}

// dial logs in, again and again until it succeeds or ctx ends.
func (k *talker) dial(ctx context.Context, l *life) (*client.Conn, error) {
	again := time.NewTicker(breath)
	defer again.Stop()
	for {
		c, err := dial(ctx, k.node, client.Options{User: k.name, On: func(event string, arg json.RawMessage) { k.hear(l, event, arg) }})
		if err == nil {
			k.mu.Lock()
			k.mu.lives = append(k.mu.lives, l)
			k.mu.Unlock()
			return c, nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// message is one that has no success yet.
type message struct {
	client.Message
	page  *ledger.Page
	began time.Time
}

// talk says open first, if there is one, and returns the message that had no success when the connection ended.
func (k *talker) talk(ctx context.Context, c *client.Conn, stop <-chan struct{}, open *message) *message {
	for {
		if open == nil {
			if !k.itsTurn(c, stop) {
				return nil
			}
			open = k.next()
		}
		if !k.say(ctx, c, open) {
			return open
		}
		open = nil
	}
}

// itsTurn waits for the next turn, if there are any, and reports false when it is time to stop, or the connection has ended.
func (k *talker) itsTurn(c *client.Conn, stop <-chan struct{}) bool {
	if k.turns == nil {
		select {
		case <-stop:
			return false
		default:
			return true
		}
	}
	select {
	case <-stop:
		return false
	case <-c.Done():
		return false
	case <-k.turns:
		return true
	}
}

func (k *talker) next() *message {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.mu.said++
	body := fmt.Sprintf("%s %d 你好 😀", k.name, k.mu.said)
	m := &message{Message: client.TextTo(k.to, body), page: k.book.Send(k.conversation, k.name, body), began: time.Now()}
	m.ID = fmt.Sprintf("%s-%d", k.name, k.mu.said)
	return m
}

// say reports whether m had success before the connection ended.
func (k *talker) say(ctx context.Context, c *client.Conn, m *message) bool {
	answers := make(chan client.Answer, 1)
	for {
		if c.Say(m.Message, func(a client.Answer) { answers <- a }) != nil {
			return false
		}
		select {
		case a := <-answers:
			if k.settle(m, a) {
				return true
			}
			<-time.After(breath)
		case <-c.Done():
			return false
		case <-ctx.Done():
			return false
		}
	}
}

func (k *talker) settle(m *message, a client.Answer) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !a.Success {
		if k.mu.refusals == nil {
			k.mu.refusals = map[int]int{}
		}
		if k.mu.refusals[a.Error]++; a.Error != unavailable && a.Error != overloaded {
			k.mu.faults = append(k.mu.faults, fmt.Errorf("%s: refused with %d", m.ID, a.Error))
			return true
		}
		return false
	}
	if err := m.page.Ack(a.N, a.TS); err != nil {
		k.mu.faults = append(k.mu.faults, err)
	}
	if k.acked != nil {
		k.acked()
	}
	if took := time.Since(m.began); took > k.mu.worst {
		k.mu.worst, k.mu.at = took, m.began
	}
	return true
}

// Answers after which a client says the same again (docs/protocol.md 13), after a breath.
const (
	unavailable = 5013
	overloaded  = 5014
	breath      = 20 * time.Millisecond
)

func (k *talker) hear(l *life, event string, arg json.RawMessage) {
	if event == "online" || event == "offline" || event == "yourself" {
		return // friends come and go, and what was said on an earlier connection may be mirrored to this one
	}
	var h client.Heard
	var content struct{ Body string }
	err := errors.Join(json.Unmarshal(arg, &h), json.Unmarshal(h.Content, &content))
	k.mu.Lock()
	defer k.mu.Unlock()
	if event != "message" || err != nil || h.From == nil {
		k.mu.faults = append(k.mu.faults, fmt.Errorf("%s heard %s %s", k.name, event, arg))
		return
	}
	l.heard = append(l.heard, ledger.Record{N: h.N, TS: h.TS, Speaker: h.From.ID, Body: content.Body})
}

// check returns what is wrong with what k heard of its conversation. A connection may miss what was said before it and, unless
// it lasts until now, what was said after it, but nothing between.
func (k *talker) check(history []ledger.Record) (faults []error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	faults = append(faults, k.mu.faults...)
	for i, l := range k.mu.lives {
		for _, f := range ledger.CheckHeard(l.heard, history) {
			faults = append(faults, fmt.Errorf("%s, connection %d: %w", k.name, i+1, f))
		}
		if f := k.missed(l, history); f != nil {
			faults = append(faults, fmt.Errorf("%s, connection %d of %d: %w", k.name, i+1, len(k.mu.lives), f))
		}
	}
	return faults
}

// missed tells of messages of others that a life should have heard and did not.
func (k *talker) missed(l *life, history []ledger.Record) error {
	if len(l.heard) == 0 && !l.first {
		return nil
	}
	heard := map[uint64]bool{}
	from, to := uint64(1), uint64(len(history))
	for _, r := range l.heard {
		heard[r.N] = true
	}
	if !l.first {
		from = l.heard[0].N
	}
	if l.ended {
		to = 0
		if len(l.heard) > 0 {
			to = l.heard[len(l.heard)-1].N
		}
	}
	var missed []ledger.Record
	for _, r := range history {
		if r.N >= from && r.N <= to && r.Speaker != k.name && !heard[r.N] {
			missed = append(missed, r)
		}
	}
	if len(missed) == 0 {
		return nil
	}
	first := missed[0]
	return fmt.Errorf("was connected and never heard n %d of %s, stamped %s, and %d more, between %d and %d",
		first.N, first.Speaker, time.UnixMilli(first.TS).UTC().Format("15:04:05.000"), len(missed)-1, from, to)
}

// upToDate reports whether the present connection has heard the last of what others said.
func (k *talker) upToDate(history []ledger.Record) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.mu.lives) == 0 {
		return false
	}
	l := k.mu.lives[len(k.mu.lives)-1]
	for i := len(history) - 1; i >= 0; i-- {
		if history[i].Speaker != k.name {
			return len(l.heard) > 0 && l.heard[len(l.heard)-1].N >= history[i].N
		}
	}
	return true
}

// connected counts the logins of k so far.
func (k *talker) connected() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.mu.lives)
}

// cut counts the connections of k that ended though nobody wanted that.
func (k *talker) cut() (n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, l := range k.mu.lives {
		if l.ended {
			n++
		}
	}
	return n
}
