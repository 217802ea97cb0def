package model

import (
	"fmt"
	"time"

	"github.com/parley-im/parley/test/client"
)

// manner is who logs in, and how.
type manner struct {
	user     string // or a passenger; mark alone is one that gets an id
	install  string // "" = none
	revision int
	polling  bool
	brings   attributes // of a passenger
}

// session is one that is logged in.
type session struct {
	manner
	name   string // user#number
	conn   *client.Conn
	dialed time.Time // before the login began

	// newest holds the last message heard of each conversation, orders the last one of each origin in it. The mail's
	// lock guards them.
	newest map[conversation]*letter
	orders map[stream]*letter
}

// stream is what one session says in one conversation.
type stream struct {
	conversation
	origin *session
}

func newSession(number int, m manner) *session {
	return &session{
		manner: m, name: fmt.Sprintf("%s#%d", m.user, number), dialed: time.Now(),
		newest: make(map[conversation]*letter), orders: make(map[stream]*letter),
	}
}

// inOrder checks that l comes after everything that s heard of its conversation: n and ts grow, and what one session
// says comes in the order of its saying.
func (s *session) inOrder(l *letter) (faults []string) {
	c, o := l.conversation(), stream{l.conversation(), l.origin}
	if last := s.newest[c]; last != nil && l.kind != fromApp && (l.ts <= last.ts || l.stored() && l.n <= last.n) {
		faults = append(faults, fmt.Sprintf("%s heard %v, expected it before %v", s.name, l, last))
	}
	if last := s.orders[o]; last != nil && l.number < last.number {
		faults = append(faults, fmt.Sprintf("%s heard %v, which was said before %v", s.name, l, last))
	}
	s.newest[c], s.orders[o] = l, l
	return faults
}
