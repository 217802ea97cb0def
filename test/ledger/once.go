package ledger

// Key names a message of a conversation: ids are the speaker's own.
type Key struct{ Speaker, ID string }

// Sending is one time that a message was sent to a conversation under the id that its client drew. Began and Ended order
// what happened in the whole run: whatever ended with a lower number than another one began was over before it.
type Sending struct {
	Key
	Body string
	// Began is above 0. Ended is 0 when no success came.
	Began, Ended uint64
	// The others are what the success said.
	N         uint64
	TS        int64
	AnswerID  string
	Duplicate bool
}

// Stored is one message as history gives it, with the id that its client drew.
type Stored struct {
	Record
	ID string
}

// CheckOnce compares the whole history of one conversation, oldest first, with every time that something was sent to it, in any
// order, under the ids of its speakers. Each message that had a success must be there once, where every answer said; one
// without, once or not at all. Of the answers for one id at most one says that it is the first, and none that was asked for
// after another had come.
func CheckOnce(sendings []Sending, history []Stored) []Fault {
	c := onceChecker{messages: map[Key]*message{}}
	for i := range sendings {
		c.sending(&sendings[i])
	}
	for i := range sendings {
		c.marked(&sendings[i])
	}
	records := recordsOf(history)
	for i, r := range history {
		c.position(i, records)
		c.record(r)
	}
	c.lost(sendings)
	return c.faults
}

// CheckHeardOnce is CheckHeard of messages with ids.
func CheckHeardOnce(heard, history []Stored) []Fault {
	c := checker{faults: CheckHeard(recordsOf(heard), recordsOf(history))}
	for _, r := range heard {
		if r.N > 0 && r.N <= uint64(len(history)) && history[r.N-1].ID != r.ID {
			c.add(Foreign, "heard n %d with id %q, which is %q", r.N, r.ID, history[r.N-1].ID)
		}
	}
	return c.faults
}

func recordsOf(stored []Stored) (records []Record) {
	for _, s := range stored {
		records = append(records, s.Record)
	}
	return records
}

// message is what all sendings of one id say together.
type message struct {
	body string
	// answer is that which came first, nil when there is none.
	answer *Sending
	// fresh counts the answers that do not say duplicate.
	fresh  int
	stored int
}

type onceChecker struct {
	checker
	messages map[Key]*message
}

func (c *onceChecker) sending(s *Sending) {
	m := c.messages[s.Key]
	if m == nil {
		m = &message{body: s.Body}
		c.messages[s.Key] = m
	}
	if s.Ended == 0 {
		return
	}
	if m.answer == nil || s.Ended < m.answer.Ended {
		m.answer = s
	}
	if !s.Duplicate {
		m.fresh++
	}
	if s.AnswerID != s.ID {
		c.add(Foreign, "%v was answered with id %q", s.Key, s.AnswerID)
	}
}

// marked compares one answer with that which came first.
func (c *onceChecker) marked(s *Sending) {
	m := c.messages[s.Key]
	if s.Ended == 0 {
		return
	}
	if first := m.answer; s.N != first.N || s.TS != first.TS {
		c.add(Swapped, "%v was answered with n %d ts %d, and with n %d ts %d", s.Key, first.N, first.TS, s.N, s.TS)
	}
	if s.Began > m.answer.Ended && !s.Duplicate {
		c.add(Unmarked, "%v was sent again after its answer, and not called a duplicate", s.Key)
	}
	if m.fresh > 1 && s == m.answer {
		c.add(Unmarked, "%v: %d answers claim to be the first", s.Key, m.fresh)
	}
}

// record checks one record against what was sent.
func (c *onceChecker) record(r Stored) {
	m, known := c.messages[Key{r.Speaker, r.ID}]
	if !known || m.body != r.Body {
		c.add(Foreign, "n %d, %q by %s with id %q, was not sent so", r.N, r.Body, r.Speaker, r.ID)
		return
	}
	if m.stored++; m.stored > 1 {
		c.add(Doubled, "%s %s is there %d times", r.Speaker, r.ID, m.stored)
		return
	}
	if a := m.answer; a != nil && (a.N != r.N || a.TS != r.TS) {
		c.add(Swapped, "%v was acked as n %d ts %d, is n %d ts %d", a.Key, a.N, a.TS, r.N, r.TS)
	}
}

// lost names, in the order of sending, what had a success and is not there.
func (c *onceChecker) lost(sendings []Sending) {
	for i := range sendings {
		s := &sendings[i]
		if m := c.messages[s.Key]; m.answer == s && m.stored == 0 {
			c.add(Lost, "%v, acked as n %d ts %d", s.Key, s.N, s.TS)
		}
	}
}
