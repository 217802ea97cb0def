package chaos

import (
	"fmt"
	"sync"
	"time"

	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/ledger"
)

// message is one that somebody says, until he has an answer or gives it up.
type message struct {
	conversation, speaker, body string
	// id is the client's, "" = it has none, and is not said again.
	id string
	// order is its place among the messages of its speaker, from 1.
	order int

	// first is the node that it was said to first, when; last and tried are those of the last time.
	first, last    string
	invoked, tried time.Time
	// answered is when and with what it had success; zero = it had not.
	answered time.Time
	// duplicate: the answer says that the message was known already.
	duplicate bool
	n         uint64
	ts        int64
	// late: it was given up.
	late bool
}

func (m *message) acked() bool { return !m.answered.IsZero() }

func (m *message) sent() ledger.Sent {
	return ledger.Sent{Speaker: m.speaker, Body: m.body, Order: m.order, Acked: m.acked(), N: m.n, TS: m.ts, Late: m.late}
}

// journal is what clients noted while they talked. Safe for concurrent use.
type journal struct {
	mu struct {
		sync.Mutex
		messages map[string][]*message // by conversation
		orders   map[string]int        // by speaker
		open     int
		acks     int
		refusals map[int]int
		faults   []error
	}
}

func newJournal() *journal {
	j := &journal{}
	j.mu.messages, j.mu.orders, j.mu.refusals = map[string][]*message{}, map[string]int{}, map[int]int{}
	return j
}

// next is a new message of speaker to a conversation.
func (j *journal) next(conversation, speaker string, withID bool) *message {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.mu.orders[speaker]++
	order := j.mu.orders[speaker]
	m := &message{conversation: conversation, speaker: speaker, order: order, body: fmt.Sprintf("%s %d 你好 😀", speaker, order)}
	if withID {
		m.id = fmt.Sprintf("%s-%d", speaker, order)
	}
	j.mu.messages[conversation] = append(j.mu.messages[conversation], m)
	j.mu.open++
	return m
}

// say notes that m is about to be said to a node. A repeat of what had success leaves no trace.
func (j *journal) say(m *message, node string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if m.acked() {
		return
	}
	m.last, m.tried = node, time.Now()
	if m.first == "" {
		m.first, m.invoked = node, m.tried
	}
}

// answer notes an answer to m. Any success but the first must say what the first said.
func (j *journal) answer(m *message, a client.Answer) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case !a.Success:
		j.mu.refusals[a.Error]++
		if a.Error != unavailable && a.Error != overloaded {
			j.mu.faults = append(j.mu.faults, fmt.Errorf("%q by %s to %s was refused with %d by %s", m.body, m.speaker, m.conversation, a.Error, m.last))
		}
	case m.acked():
		if a.N != m.n || a.TS != m.ts {
			j.mu.faults = append(j.mu.faults, fmt.Errorf("G2: %q in %s was answered with n %d ts %d, then with n %d ts %d",
				m.body, m.conversation, m.n, m.ts, a.N, a.TS))
		}
	default:
		m.answered, m.duplicate, m.n, m.ts = time.Now(), a.Duplicate, a.N, a.TS
		j.mu.acks++
		j.mu.open--
	}
}

// giveUp notes that m will not be said again.
func (j *journal) giveUp(m *message) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !m.acked() && !m.late {
		m.late = true
		j.mu.open--
	}
}

func (j *journal) fault(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.mu.faults = append(j.mu.faults, fmt.Errorf(format, args...))
}

// counts returns how many messages had success, and how many are still said.
func (j *journal) counts() (acks, open int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.mu.acks, j.mu.open
}

// said returns a copy of all that was said, by conversation.
func (j *journal) said() map[string][]message {
	j.mu.Lock()
	defer j.mu.Unlock()
	all := map[string][]message{}
	for c, list := range j.mu.messages {
		for _, m := range list {
			all[c] = append(all[c], *m)
		}
	}
	return all
}
