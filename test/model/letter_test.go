package model

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// letter is one message: what is said, what became of it, and who must hear it. Once it is in a mail, the mail's lock
// guards the group below.
type letter struct {
	number int
	body   string // unlike any other letter's
	remark string // "" = none
	id     string // the client's, "" = none
	ack    int    // the number of the `ack` event to ask for, 0 = none
	from   string
	origin *session
	kind   int
	to     string     // a user, a passenger, the id of a group or room
	told   *client.To // of what the app says: to whom, as the sessions are told; nil = to all
	// code is what the model says to it, 0 = accepted.
	code int
	// concerned are the users whose sessions may hear it.
	concerned []string
	said      time.Time

	answer *client.Answer
	took   time.Duration // until the answer
	// n and ts are the server's, as the first to tell them did; 0 = not known.
	n  uint64
	ts int64
	// awaited are the sessions that must hear it and have not.
	awaited map[*session]bool
	heard   map[*session]bool
	// acked: the `ack` event came.
	acked bool
	// until: sessions of those concerned that began to log in after it was said, but before this time, may hear it. A
	// friend's or group's message is told to the users after it is answered, so a login may overtake it; and after a
	// kill it may be told again, for the server writes down a moment later that it was told. A room's message is
	// published before it is answered and never stored: zero.
	until time.Time
}

// lateness bounds how long a message may be on its way to its users.
const lateness = servertest.Slowdown * 3 * time.Second

func (l *letter) conversation() conversation { return conversationOf(l.kind, l.from, l.to) }

func (l *letter) stored() bool { return l.kind != client.Room && l.kind != fromApp }

// target is l's, as its speaker says it: a passenger says no type.
func (l *letter) target() client.To {
	if isPassenger(l.from) && l.kind == client.Passenger {
		return client.To{ID: l.to}
	}
	return client.To{ID: idOf(l.to), Type: l.kind}
}

func (l *letter) message() client.Message {
	m := client.TextTo(l.target(), l.body)
	m.Remark, m.ID = l.remark, l.id
	if l.ack != 0 {
		m.Ack = &l.ack
	}
	return m
}

// open reports whether something about l is still to come.
func (l *letter) open() bool {
	return l.answer == nil || len(l.awaited) > 0 || l.ack != 0 && l.code == 0 && !l.acked
}

// missing says what is still to come.
func (l *letter) missing() (out []string) {
	if l.answer == nil {
		out = append(out, fmt.Sprintf("%v: expected an answer, none came", l))
	}
	for s := range l.awaited {
		out = append(out, fmt.Sprintf("%v: expected %s to hear it, it has not", l, s.name))
	}
	if l.answer != nil && l.answer.Success && l.ack != 0 && !l.acked {
		out = append(out, fmt.Sprintf("%v: expected an ack event, none came", l))
	}
	slices.Sort(out)
	return out
}

// String implements fmt.Stringer.
func (l *letter) String() string {
	return fmt.Sprintf("message %q by %s, n %d ts %d", l.body, l.origin.name, l.n, l.ts)
}

// stamp notes what somebody says of l's n and ts; 0 says nothing. All must say the same.
func (l *letter) stamp(by string, n uint64, ts int64) []string {
	var faults []string
	if l.n != 0 && n != 0 && n != l.n || l.ts != 0 && ts != 0 && ts != l.ts {
		faults = append(faults, fmt.Sprintf("%v: came to %s as n %d ts %d", l, by, n, ts))
	}
	if l.n == 0 && n != 0 { // once answered it is read without the lock, and a room's has no n
		l.n = n
	}
	if l.ts == 0 && ts != 0 {
		l.ts = ts
	}
	return faults
}

// mayBeHeardBy reports whether s may hear l, though nobody waits for that.
func (l *letter) mayBeHeardBy(s *session) bool {
	return slices.Contains(l.concerned, s.user) && s.dialed.After(l.said) && s.dialed.Before(l.until)
}

// shape compares how l came to s with how it should have.
func (l *letter) shape(s *session, event string, h client.Heard) []string {
	c := checker{about: fmt.Sprintf("%v, at %s", l, s.name)}
	if s.user == l.from {
		c.equal("event", "yourself", event)
		c.equal("has from", false, h.From != nil)
	} else {
		c.equal("event", "message", event)
		c.equal("from", l.source(), sourceOf(h))
	}
	c.equal("to", l.target(), h.To)
	c.equal("content", client.Content{Body: l.body}, contentOf(h.Content))
	c.equal("remark", l.remark, h.Remark)
	c.equal("id", l.id, h.ID)
	c.equal("has ts", true, h.TS > 0)
	c.equal("has n", l.stored(), h.N > 0)
	return c.faults
}

// source is the `from` that other users see.
func (l *letter) source() string {
	switch {
	case l.kind == client.Passenger && !isPassenger(l.from):
		return fmt.Sprintf("%s type %d gid %q", l.from, client.Friend, "")
	case ofTwo(l.kind):
		return fmt.Sprintf("%s type %d gid %q", idOf(l.from), l.kind, "")
	}
	return fmt.Sprintf("%s type %d gid %q", l.from, l.kind, l.to)
}

func sourceOf(h client.Heard) string {
	if h.From == nil || h.From.Type == nil {
		return "nobody, or without a type"
	}
	return fmt.Sprintf("%s type %d gid %q", h.From.ID, *h.From.Type, h.From.GID)
}

// contentOf decodes a content whose body is text.
func contentOf(text json.RawMessage) client.Content {
	var c client.Content
	_ = json.Unmarshal(text, &c) // what cannot be decoded differs from what is wanted
	return c
}
