package storm

import (
	"sync"

	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/ledger"
)

// tape keeps what was sent and answered, in the order in which that happened. The zero tape is empty.
type tape struct {
	mu      sync.Mutex
	now     uint64 // counts what happened
	sent    map[string][]*ledger.Sending
	open    map[*ledger.Sending]bool
	refusal int
	answers int
}

// began notes that m is about to be sent to a conversation.
func (t *tape) began(talk string, m *saying) *ledger.Sending {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sent == nil {
		t.sent, t.open = map[string][]*ledger.Sending{}, map[*ledger.Sending]bool{}
	}
	t.now++
	s := &ledger.Sending{Key: m.key, Body: m.Content.Body.(string), Began: t.now}
	t.sent[talk] = append(t.sent[talk], s)
	t.open[s] = true
	return s
}

// answered notes a success.
func (t *tape) answered(s *ledger.Sending, a client.Answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now++
	s.Ended, s.N, s.TS, s.AnswerID, s.Duplicate = t.now, a.N, a.TS, a.ID, a.Duplicate
	delete(t.open, s)
	t.answers++
}

func (t *tape) refused(s *ledger.Sending) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.open, s)
	t.refusal++
}

// closed notes that no answer comes any more.
func (t *tape) closed(sendings []*ledger.Sending) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range sendings {
		delete(t.open, s)
	}
}

func (t *tape) counts() (answers, open int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.answers, len(t.open)
}

// to returns what was sent to a conversation.
func (t *tape) to(talk string) (list []ledger.Sending) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.sent[talk] {
		list = append(list, *s)
	}
	return list
}

func (t *tape) figures() (f Figures) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f.Answers, f.Refused = t.answers, t.refusal
	for _, sent := range t.sent {
		keys := map[ledger.Key]bool{}
		for _, s := range sent {
			f.Sendings++
			keys[s.Key] = true
			if s.Duplicate {
				f.Duplicates++
			}
		}
		f.Messages += len(keys)
	}
	return f
}
