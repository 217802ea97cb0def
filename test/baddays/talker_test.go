package baddays

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/ledger"
)

// Codes of docs/protocol.md 6.1 that a client repeats after.
const (
	unavailable = 5013
	overloaded  = 5014
)

// again is how long a talker waits before it repeats what was refused, and before it dials again.
const again = 100 * time.Millisecond

// talker is a user that says one message after the other to a friend or a group, and repeats each with the same id until
// it is acknowledged: after 5013 and 5014, and on the next socket when one ends.
type talker struct {
	node         *servertest.Node
	book         *ledger.Book
	name         string
	to           client.To
	conversation string

	said int

	mu struct {
		sync.Mutex
		// heard holds what each connection has heard, in order.
		heard   [][]ledger.Record
		faults  []error
		refused map[int]int // by code
	}
}

// talk talks until ctx ends, and then until the message that is under way is acknowledged.
func (k *talker) talk(ctx context.Context) {
	var conn *client.Conn
	for ctx.Err() == nil {
		k.said++
		body := fmt.Sprintf("%s %d 你好", k.name, k.said)
		m := client.TextTo(k.to, body)
		m.ID = fmt.Sprintf("%s-%d", k.name, k.said)
		page := k.book.Send(k.conversation, k.name, body)
		conn = k.insist(conn, m, page)
	}
	if conn != nil {
		conn.Cut()
	}
}

// insist sends m until it is acknowledged, and returns the connection that it was on.
func (k *talker) insist(conn *client.Conn, m client.Message, page *ledger.Page) *client.Conn {
	for deadline := time.Now().Add(servertest.Patience); time.Now().Before(deadline); <-time.After(again) {
		if conn == nil {
			if conn = k.connect(); conn == nil {
				continue
			}
		}
		answer, ok := k.say(conn, m)
		switch {
		case !ok:
			conn.Cut()
			conn = nil
		case answer.Success:
			k.note(page.Ack(answer.N, answer.TS))
			return conn
		default:
			k.refusal(answer.Error)
		}
	}
	k.note(fmt.Errorf("%s was not acknowledged in %v", m.ID, servertest.Patience))
	page.GiveUp()
	return conn
}

// say sends m and waits for its answer; ok is false when the connection ended first.
func (k *talker) say(conn *client.Conn, m client.Message) (answer client.Answer, ok bool) {
	answers := make(chan client.Answer, 1)
	if conn.Say(m, func(a client.Answer) { answers <- a }) != nil {
		return client.Answer{}, false
	}
	select {
	case a := <-answers:
		return a, true
	case <-conn.Done():
		return client.Answer{}, false
	}
}

// connect returns nil when nobody lets it in.
func (k *talker) connect() *client.Conn {
	ctx, cancel := context.WithTimeout(context.Background(), servertest.Patience)
	defer cancel()
	conn, err := dial(ctx, k.node, k.name, func(o client.Options) client.Options {
		k.mu.Lock()
		k.mu.heard = append(k.mu.heard, nil)
		k.mu.Unlock()
		o.On = k.hear
		return o
	})
	if err != nil {
		return nil
	}
	return conn
}

func (k *talker) hear(event string, arg json.RawMessage) {
	if event != "message" {
		return // friends come and go
	}
	var h client.Heard
	var content struct{ Body string }
	if err := errors.Join(json.Unmarshal(arg, &h), json.Unmarshal(h.Content, &content)); err != nil || h.From == nil {
		k.note(fmt.Errorf("%s heard %s: %w", k.name, arg, err))
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	last := len(k.mu.heard) - 1
	k.mu.heard[last] = append(k.mu.heard[last], ledger.Record{N: h.N, TS: h.TS, Speaker: h.From.ID, Body: content.Body})
}

// note keeps what must not happen.
func (k *talker) note(err error) {
	if err == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.mu.faults = append(k.mu.faults, err)
}

func (k *talker) refusal(code int) {
	if code != unavailable && code != overloaded {
		k.note(fmt.Errorf("%s: refused with %d", k.name, code))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mu.refused == nil {
		k.mu.refused = map[int]int{}
	}
	k.mu.refused[code]++
}

// result returns what k noted.
func (k *talker) result() (heard [][]ledger.Record, faults []error, refused map[int]int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.mu.heard), slices.Clone(k.mu.faults), k.mu.refused
}
