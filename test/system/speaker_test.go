package system

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/ledger"
)

// window is how many unanswered messages a speaker keeps on the wire. Sixteen speakers of it leave far more pending at
// any moment than the kill test asks for.
const window = 16

// speaker is one user that talks to a friend, or in a group, as fast as answers come, over many connections.
type speaker struct {
	name         string
	to           client.To
	conversation string
	book         *ledger.Book
	// repeats: after a lost connection, unanswered messages are sent again with the same id; else they are given up.
	repeats bool
	slots   chan struct{} // one token per unanswered message; window is its capacity

	mu struct {
		sync.Mutex
		said    int
		pending []*pending // unanswered, in the order of sending
		faults  []error    // refusals and contradicting answers
		// heard holds the messages of each connection, in the order of arrival; the last one is the present one's.
		heard [][]ledger.Record
	}
}

type pending struct {
	message client.Message
	page    *ledger.Page
}

func newSpeaker(book *ledger.Book, name string, to client.To, conversation string, repeats bool) *speaker {
	return &speaker{
		name: name, to: to, conversation: conversation, book: book, repeats: repeats,
		slots: make(chan struct{}, window),
	}
}

// options returns what a new connection of s is opened with: its messages are kept apart from those of earlier ones.
func (s *speaker) options() client.Options {
	s.mu.Lock()
	s.mu.heard = append(s.mu.heard, nil)
	s.mu.Unlock()
	return client.Options{On: s.hear}
}

func (s *speaker) hear(event string, arg json.RawMessage) {
	if event == "online" || event == "offline" {
		return // friends come and go
	}
	var h client.Heard
	var content struct{ Body string }
	s.mu.Lock()
	defer s.mu.Unlock()
	if event != "message" {
		s.mu.faults = append(s.mu.faults, fmt.Errorf("%s heard %s %s", s.name, event, arg))
		return
	}
	if err := errors.Join(json.Unmarshal(arg, &h), json.Unmarshal(h.Content, &content)); err != nil || h.From == nil {
		s.mu.faults = append(s.mu.faults, fmt.Errorf("%s heard %s: %w", s.name, arg, err))
		return
	}
	last := len(s.mu.heard) - 1
	s.mu.heard[last] = append(s.mu.heard[last], ledger.Record{N: h.N, TS: h.TS, Speaker: h.From.ID, Body: content.Body})
}

// heard returns what each connection has heard so far.
func (s *speaker) heard() [][]ledger.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mu.heard)
}

// talk says messages on c until c or stop ends. What an earlier connection left unanswered comes first.
func (s *speaker) talk(c *client.Conn, stop <-chan struct{}) {
	for _, p := range s.leftOver() {
		if s.say(c, p) != nil {
			return
		}
	}
	for {
		select {
		case s.slots <- struct{}{}:
			if s.say(c, s.next()) != nil {
				return
			}
		case <-c.Done():
			return
		case <-stop:
			return
		}
	}
}

// leftOver returns what must be sent again: everything unanswered if s repeats, else nothing.
func (s *speaker) leftOver() []*pending {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.repeats {
		return append([]*pending(nil), s.mu.pending...)
	}
	for range s.mu.pending {
		<-s.slots
	}
	for _, p := range s.mu.pending {
		p.page.GiveUp()
	}
	s.mu.pending = nil
	return nil
}

// next draws a new message: text with multi-byte characters, unique in the conversation.
func (s *speaker) next() *pending {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.said++
	body := fmt.Sprintf("%s %d 你好 😀", s.name, s.mu.said)
	m := client.TextTo(s.to, body)
	if s.repeats {
		m.ID = fmt.Sprintf("%s-%d", s.name, s.mu.said)
	}
	p := &pending{m, s.book.Send(s.conversation, s.name, body)}
	s.mu.pending = append(s.mu.pending, p)
	return p
}

func (s *speaker) say(c *client.Conn, p *pending) error {
	return c.Say(p.message, func(a client.Answer) { s.answered(p, a) })
}

func (s *speaker) answered(p *pending, a client.Answer) {
	s.mu.Lock()
	for i, q := range s.mu.pending {
		if q == p {
			s.mu.pending = append(s.mu.pending[:i], s.mu.pending[i+1:]...)
			break
		}
	}
	s.mu.Unlock()
	s.settle(p, a)
	<-s.slots
}

// settle books the answer. Under this load nothing may be refused, so a refusal is a fault.
func (s *speaker) settle(p *pending, a client.Answer) {
	err := fmt.Errorf("%s: refused with %d", p.message.Content.Body, a.Error)
	if a.Success {
		err = p.page.Ack(a.N, a.TS)
	} else {
		p.page.GiveUp()
	}
	if err != nil {
		s.mu.Lock()
		s.mu.faults = append(s.mu.faults, err)
		s.mu.Unlock()
	}
}

func (s *speaker) faults() []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.faults
}
