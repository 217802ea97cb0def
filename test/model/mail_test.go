package model

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/parley-im/parley/test/client"
)

// mail knows every message that was said and hears every event that comes to any session. What was not expected is a
// fault whenever it comes. Safe for concurrent use: events arrive on the connections' goroutines.
type mail struct {
	// changed is signalled when something came. Capacity 1; a signal that finds it full is one already.
	changed chan struct{}

	mu       sync.Mutex
	letters  map[string]*letter // by body
	acks     map[int]*letter    // by the number of the ack event
	open     map[*letter]bool   // something is still to come of
	faults   []string
	presence []presence
	heard    int // messages, yourselves, and what the app said
}

// presence is an `online` or `offline` event.
type presence struct {
	at          *session
	event, user string
	came        time.Time
}

func newMail() *mail {
	return &mail{
		changed: make(chan struct{}, 1),
		letters: make(map[string]*letter), acks: make(map[int]*letter), open: make(map[*letter]bool),
	}
}

// expect takes letters that are about to be said.
func (m *mail) expect(letters ...*letter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range letters {
		m.letters[l.body] = l
		m.open[l] = true
		if l.ack != 0 {
			m.acks[l.ack] = l
		}
	}
}

// answered takes the acknowledgement of l.
func (m *mail) answered(l *letter, a client.Answer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l.answer, l.took = &a, time.Since(l.said)
	m.faults = append(m.faults, l.stamp("its answer", a.N, a.TS)...)
	m.settleLocked(l)
}

// hear takes an event that came to s.
func (m *mail) hear(s *session, event string, arg json.RawMessage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch event {
	case "message", "yourself", "sys":
		m.hearLetterLocked(s, event, arg)
	case "ack":
		m.hearAckLocked(s, arg)
	case "online", "offline":
		m.hearPresenceLocked(s, event, arg)
	default:
		m.faultLocked("%s heard %s %s, which nobody expects", s.name, event, arg)
	}
}

func (m *mail) hearLetterLocked(s *session, event string, arg json.RawMessage) {
	var h client.Heard
	if err := json.Unmarshal(arg, &h); err != nil {
		m.faultLocked("%s heard %s %s: %v", s.name, event, arg, err)
		return
	}
	body, _ := contentOf(h.Content).Body.(string)
	l := m.letters[body]
	if l == nil || !l.awaited[s] && (l.heard[s] || !l.mayBeHeardBy(s)) {
		m.faultLocked("%s heard %s %s, expected nothing of it", s.name, event, arg)
		return
	}
	m.heard++
	delete(l.awaited, s)
	l.heard[s] = true
	if l.kind == fromApp {
		m.faults = append(m.faults, l.shapeOfSys(s, event, arg, h)...)
	} else {
		m.faults = append(m.faults, l.shape(s, event, h)...)
	}
	m.faults = append(m.faults, l.stamp(s.name, h.N, h.TS)...)
	m.faults = append(m.faults, s.inOrder(l)...)
	m.settleLocked(l)
}

func (m *mail) hearAckLocked(s *session, arg json.RawMessage) {
	var a struct {
		Ack int
		TS  int64
	}
	err := json.Unmarshal(arg, &a)
	l := m.acks[a.Ack]
	if err != nil || l == nil || l.origin != s || l.acked || l.code != 0 {
		m.faultLocked("%s heard ack %s, expected nothing of it", s.name, arg)
		return
	}
	l.acked = true
	m.faults = append(m.faults, l.stamp("the ack event", 0, a.TS)...)
	m.settleLocked(l)
}

func (m *mail) hearPresenceLocked(s *session, event string, arg json.RawMessage) {
	var user string
	if err := json.Unmarshal(arg, &user); err != nil {
		m.faultLocked("%s heard %s %s: %v", s.name, event, arg, err)
		return
	}
	m.presence = append(m.presence, presence{s, event, user, time.Now()})
}

func (m *mail) faultLocked(format string, args ...any) {
	m.faults = append(m.faults, fmt.Sprintf(format, args...))
	m.signal()
}

func (m *mail) settleLocked(l *letter) {
	if !l.open() {
		delete(m.open, l)
	}
	m.signal()
}

func (m *mail) signal() {
	select {
	case m.changed <- struct{}{}:
	default: // there is a signal that nobody has seen yet
	}
}

// takePresence returns the presence events that came since the last call.
func (m *mail) takePresence() (out []presence) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out, m.presence = m.presence, nil
	return out
}

// restarted is told that the server ended at ended and is back: its sessions are gone, so nothing is still to come, and
// what was said just before the end may be told again to those who log in soon.
func (m *mail) restarted(ended time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.open)
	for _, l := range m.letters {
		clear(l.awaited)
		if l.until.After(ended) {
			l.until = time.Now().Add(lateness)
		}
	}
}

// annul says that l was not stored: whoever hears it, or has heard it, heard what is not there.
func (m *mail) annul(l *letter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l.until = time.Time{}
	for s := range l.heard {
		m.faultLocked("%s heard %v, which is not in history", s.name, l)
	}
	if l.answer != nil && l.answer.Success {
		m.faultLocked("%v was acknowledged, and is not in history", l)
	}
}
