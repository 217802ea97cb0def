package storm

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/ledger"
)

// sender is one participant in one conversation.
type sender struct {
	storm *Storm
	who   string
	to    client.To
	talk  string
	said  []*saying // belongs to run, and after it to last
}

// saying is one message.
type saying struct {
	client.Message
	key ledger.Key

	mu sync.Mutex
	// sent counts how often it was sent, answers how often with success.
	sent, answers int
}

func (m *saying) note(sent, answers int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent, m.answers = m.sent+sent, m.answers+answers
}

func (m *saying) counts() (sent, answers int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sent, m.answers
}

// run sends one batch after the other until the storm is to stop. Each is finished.
func (k *sender) run() {
	for {
		select {
		case <-k.storm.stop:
			return
		case <-k.storm.ctx.Done():
			return
		default:
			k.send(k.next())
		}
	}
}

// next draws the messages of a batch. All senders draw the same ids.
func (k *sender) next() (list []*saying) {
	for range batch {
		id := fmt.Sprintf("m-%d", len(k.said)+1)
		m := client.TextTo(k.to, fmt.Sprintf("%s to %s: %s", k.who, k.talk, id))
		m.ID = id
		list = append(list, &saying{Message: m, key: ledger.Key{Speaker: k.who, ID: id}})
		k.said = append(k.said, list[len(list)-1])
	}
	return list
}

// send sends a batch as often as is wanted, from several connections at a time, and then what was not sent so often, because a
// connection ended, or never with success.
func (k *sender) send(list []*saying) {
	for range Repeats / AtOnce {
		var volleys sync.WaitGroup
		for range AtOnce {
			volleys.Go(func() { k.volley(list) })
		}
		volleys.Wait()
	}
	k.until(list, func(m *saying) bool {
		sent, answers := m.counts()
		return sent >= Repeats && answers > 0
	})
}

// last sends everything that was ever sent, until each message had a success again.
func (k *sender) last() {
	had := map[*saying]int{}
	for _, m := range k.said {
		_, had[m] = m.counts()
	}
	k.until(k.said, func(m *saying) bool {
		_, answers := m.counts()
		return answers > had[m]
	})
}

// until sends those again that are not done, over one connection after the other.
func (k *sender) until(list []*saying, done func(*saying) bool) {
	for k.storm.ctx.Err() == nil {
		var left []*saying
		for _, m := range list {
			if !done(m) {
				left = append(left, m)
			}
		}
		if len(left) == 0 {
			return
		}
		if !k.volley(left) {
			pause(k.storm.ctx)
		}
	}
}

func pause(ctx context.Context) {
	select {
	case <-time.After(breath):
	case <-ctx.Done():
	}
}

// volley sends messages over a connection of its own, waits for the answers, and cuts it. It reports whether all were answered with
// success.
func (k *sender) volley(list []*saying) bool {
	l, err := k.storm.dial(k.storm.ctx, k.who)
	if err != nil {
		return false // ctx has ended
	}
	answers := make(chan bool, len(list))
	var open []*ledger.Sending
	for _, m := range list {
		s := k.storm.tape.began(k.talk, m)
		open = append(open, s)
		if l.conn.Say(m.Message, func(a client.Answer) { answers <- k.answered(m, s, a) }) != nil {
			break // the connection has ended
		}
		m.note(1, 0)
	}
	good := k.await(l, answers, len(open))
	l.conn.Cut()
	k.storm.tape.closed(open)
	return good == len(list)
}

// await waits for so many answers, or until none can come any more, and returns how many were successes.
func (k *sender) await(l *line, answers <-chan bool, count int) (good int) {
	late := time.NewTimer(k.storm.opts.Patience)
	defer late.Stop()
	for range count {
		select {
		case ok := <-answers:
			if ok {
				good++
			}
		case <-l.conn.Done():
			return 0
		case <-late.C:
			k.storm.fault(fmt.Errorf("%s: not all was answered within %v", k.who, k.storm.opts.Patience))
			return 0
		case <-k.storm.ctx.Done():
			return 0
		}
	}
	return good
}

// The codes with which a server may refuse in a storm.
const (
	unavailable = 5013
	overloaded  = 5014
)

// answered notes an answer, and reports whether it was a success.
func (k *sender) answered(m *saying, s *ledger.Sending, a client.Answer) bool {
	switch {
	case a.Success:
		k.storm.tape.answered(s, a)
		m.note(0, 1)
	case a.Error == unavailable || a.Error == overloaded:
		k.storm.tape.refused(s)
	default:
		k.storm.fault(fmt.Errorf("%v was refused with %d", m.key, a.Error))
	}
	return a.Success
}
