package chaos

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/ledger"
)

// life is one connection of a user, and what it heard. Safe for concurrent use.
type life struct {
	user, node string
	// conversationOf names the conversation of a message that the user hears.
	conversationOf func(client.Heard) string

	mu struct {
		sync.Mutex
		began, ended time.Time // began = the login was answered; ended is zero while it lasts
		heard        map[string][]ledger.Record
		latest       map[string]time.Time // when something was heard last
		presence     []presence
		faults       []error
	}
}

// presence is news of a friend.
type presence struct {
	at     time.Time
	friend string
	online bool
}

func newLife(user, node string, conversationOf func(client.Heard) string) *life {
	l := &life{user: user, node: node, conversationOf: conversationOf}
	l.mu.heard, l.mu.latest = map[string][]ledger.Record{}, map[string]time.Time{}
	return l
}

func (l *life) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mu.began = time.Now()
}

func (l *life) started() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mu.began
}

func (l *life) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mu.ended = time.Now()
}

// on takes an event, as client.Options.On.
func (l *life) on(event string, arg json.RawMessage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	switch event {
	case "message":
		err = l.hearLocked(arg)
	case "online", "offline":
		p := presence{at: time.Now(), online: event == "online"}
		err = json.Unmarshal(arg, &p.friend)
		l.mu.presence = append(l.mu.presence, p)
	case "yourself": // what was said on another connection
	default:
		err = errors.New("nobody says such things here")
	}
	if err != nil {
		l.mu.faults = append(l.mu.faults, fmt.Errorf("%s heard %s %s: %w", l.user, event, arg, err))
	}
}

func (l *life) hearLocked(arg json.RawMessage) error {
	var h client.Heard
	var content struct{ Body string }
	if err := errors.Join(json.Unmarshal(arg, &h), json.Unmarshal(h.Content, &content)); err != nil {
		return err
	}
	if h.From == nil {
		return errors.New("from nobody")
	}
	c := l.conversationOf(h)
	l.mu.latest[c] = time.Now()
	l.mu.heard[c] = append(l.mu.heard[c], ledger.Record{N: h.N, TS: h.TS, Speaker: h.From.ID, Body: content.Body})
	return nil
}

// memory is what a life came to.
type memory struct {
	user, node   string
	began, ended time.Time // ended is zero if it lasts
	heard        map[string][]ledger.Record
	presence     []presence
	faults       []error
}

func (l *life) memory() memory {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := memory{l.user, l.node, l.mu.began, l.mu.ended, map[string][]ledger.Record{}, l.mu.presence, l.mu.faults}
	for c, heard := range l.mu.heard {
		m.heard[c] = heard // only appended to
	}
	return m
}

// latest returns when the last message of a conversation was heard, zero = none was.
func (l *life) latest(conversation string) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mu.latest[conversation]
}

// last returns the number of the last message heard of a conversation.
func (l *life) last(conversation string) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	heard := l.mu.heard[conversation]
	if len(heard) == 0 {
		return 0
	}
	return heard[len(heard)-1].N
}
