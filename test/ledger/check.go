// Package ledger keeps what test clients sent and what the server acknowledged, and compares it with the history that
// the server gives afterwards. It is what decides whether a message was lost, so Check is pure and has tests of its
// own that show it a lost, a doubled and a swapped entry.
//
// Bodies must be unique within a conversation: they are how a message is recognized, whatever number it has. Book is
// safe for concurrent use; Check and the plain types are values.
package ledger

import (
	"fmt"
	"sort"
)

// Sent is one message that a client sent to a conversation at least once.
type Sent struct {
	Speaker, Body string
	// Order is the position among all messages of this speaker, by first sending: 1, 2, 3...
	Order int
	// Acked says that the server answered with success; N and TS are from its first answer.
	Acked bool
	N     uint64
	TS    int64
	// Late says that the sender gave it up and went on without an answer: it may be in history after what was sent later.
	Late bool
}

// Record is one message as history gives it.
type Record struct {
	N             uint64
	TS            int64
	Speaker, Body string
}

// Kind classifies a Fault.
type Kind string

const (
	// Lost means that an acknowledged message is not in history.
	Lost Kind = "lost"
	// Doubled means that a message is in history more than once.
	Doubled Kind = "doubled"
	// Swapped means that a message is elsewhere than its answer said, or that one speaker's messages overtook each other.
	Swapped Kind = "swapped"
	// Gap means that the numbers of history are not 1, 2, 3...
	Gap Kind = "gap"
	// Clock means that ts does not grow from one record to the next.
	Clock Kind = "clock"
	// Foreign means that history holds what nobody sent, or names another speaker.
	Foreign Kind = "foreign"
	// Unmarked means that a repeat was not answered as one.
	Unmarked Kind = "unmarked"
)

// Fault is one way in which a history contradicts what was sent and acknowledged.
type Fault struct {
	Kind Kind
	Text string
}

// Error makes a Fault printable in tests.
func (f Fault) Error() string { return string(f.Kind) + ": " + f.Text }

// Check compares the whole history of one conversation, oldest first, with everything that was sent to it. Messages
// without an acknowledgement may be in history once or not at all.
func Check(sent []Sent, history []Record) []Fault {
	var c checker
	c.index(sent)
	for i, r := range history {
		c.position(i, history)
		c.record(r)
	}
	c.lost(sent)
	return c.faults
}

// CheckHeard compares what one connection heard live, in its order, with the whole history of that conversation: each
// message must be the one that history has under its number, and none may overtake another or come twice.
func CheckHeard(heard, history []Record) []Fault {
	var c checker
	last := uint64(0)
	for _, r := range heard {
		if r.N == 0 || r.N > uint64(len(history)) || history[r.N-1] != r {
			c.add(Foreign, "heard n %d ts %d %q by %s, which is not in history", r.N, r.TS, r.Body, r.Speaker)
		}
		if r.N <= last {
			c.add(Swapped, "heard n %d after n %d", r.N, last)
		}
		last = max(last, r.N)
	}
	return c.faults
}

type checker struct {
	sent   map[string]Sent // by body
	seen   map[string]int  // by body: how often history has it
	last   map[string]int  // by speaker: Order of the newest record so far
	faults []Fault
}

func (c *checker) index(sent []Sent) {
	c.sent, c.seen, c.last = make(map[string]Sent), make(map[string]int), make(map[string]int)
	for _, s := range sent {
		c.sent[s.Body] = s
	}
}

func (c *checker) add(k Kind, format string, args ...any) {
	c.faults = append(c.faults, Fault{k, fmt.Sprintf(format, args...)})
}

// position checks what does not depend on what was sent: numbers without gaps, stamps that grow.
func (c *checker) position(i int, history []Record) {
	r := history[i]
	if want := uint64(i) + 1; r.N != want {
		c.add(Gap, "record %d has n %d: %q", want, r.N, r.Body)
	}
	if i > 0 && r.TS <= history[i-1].TS {
		c.add(Clock, "n %d has ts %d after %d", r.N, r.TS, history[i-1].TS)
	}
}

// record checks one record against what was sent.
func (c *checker) record(r Record) {
	s, known := c.sent[r.Body]
	if !known || s.Speaker != r.Speaker {
		c.add(Foreign, "n %d, %q by %s, was sent by %q", r.N, r.Body, r.Speaker, s.Speaker)
		return
	}
	if c.seen[r.Body]++; c.seen[r.Body] > 1 {
		c.add(Doubled, "%q is there %d times", r.Body, c.seen[r.Body])
		return
	}
	if s.Acked && (s.N != r.N || s.TS != r.TS) {
		c.add(Swapped, "%q was acked as n %d ts %d, is n %d ts %d", r.Body, s.N, s.TS, r.N, r.TS)
	}
	if s.Late {
		return
	}
	if s.Order <= c.last[s.Speaker] {
		c.add(Swapped, "%q, number %d of %s, comes after number %d", r.Body, s.Order, s.Speaker, c.last[s.Speaker])
	}
	c.last[s.Speaker] = max(c.last[s.Speaker], s.Order)
}

func (c *checker) lost(sent []Sent) {
	sort.Slice(sent, func(i, j int) bool { return sent[i].N < sent[j].N })
	for _, s := range sent {
		if s.Acked && c.seen[s.Body] == 0 {
			c.add(Lost, "%q, acked as n %d ts %d", s.Body, s.N, s.TS)
		}
	}
}
