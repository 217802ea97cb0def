package hostile

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

const (
	// patience is how long an answer may take on a machine that is under attack and has other tests to run.
	patience = servertest.Slowdown * 30 * time.Second
	// unavailable and overloaded are what the server says while it is busy (docs/protocol.md, section 13).
	unavailable, overloaded = 5013, 5014
	// pace is how often the pair talks.
	pace = 10 * time.Millisecond
)

// pair is two friends who talk: tom says 1, 2, 3..., and each number must be answered and heard before the next.
type pair struct {
	t          *testing.T
	tom, jerry *client.Conn
	heard      chan string
	// said is the last number, slowest the longest that one took.
	said    atomic.Int64
	slowest time.Duration

	quit, done chan struct{}
	// fault is why they stopped; nil = they were asked to. It is read after done.
	fault error
}

func startPair(s *siege) *pair {
	s.t.Helper()
	p := &pair{t: s.t, heard: make(chan string, 16), quit: make(chan struct{}), done: make(chan struct{})}
	p.tom = s.dial("tom", client.Options{Revision: 4})
	p.jerry = s.dial("jerry", client.Options{Revision: 3, On: p.hear})
	return p
}

// dial logs user in with a client that behaves; o says how.
func (s *siege) dial(user string, o client.Options) *client.Conn {
	s.t.Helper()
	c, err := s.tryDial(user, o)
	s.must(err)
	return c
}

// tryDial is dial for other goroutines than the test's.
func (s *siege) tryDial(user string, o client.Options) (*client.Conn, error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	o.Addr, o.App, o.User, o.Sign = s.Listen, servertest.App, user, client.SignNow(servertest.ClientKey)
	c, err := client.Insist(ctx, o)
	if err == nil {
		s.t.Cleanup(c.Cut)
	}
	return c, err
}

// hear takes what jerry hears. The presence of a friend is no message.
func (p *pair) hear(event string, arg json.RawMessage) {
	var m struct{ Content struct{ Body string } }
	if event == "message" && json.Unmarshal(arg, &m) == nil {
		p.heard <- m.Content.Body
	}
}

// start lets them talk until stop, and once more then.
func (p *pair) start() {
	go func() {
		defer close(p.done)
		tick := time.NewTicker(pace)
		defer tick.Stop()
		for p.fault == nil {
			select {
			case <-tick.C:
				p.fault = p.exchange()
			case <-p.quit:
				p.fault = p.exchange()
				return
			}
		}
	}()
}

// stop ends the talk and fails the test if anything was amiss with it.
func (p *pair) stop() {
	p.t.Helper()
	close(p.quit)
	<-p.done
	if p.fault != nil {
		p.t.Errorf("the pair, at its message %d: %v", p.count(), p.fault)
	}
	p.t.Logf("the pair exchanged %d messages, in %v at most", p.count(), p.slowest)
}

// count is how much they have said.
func (p *pair) count() int64 { return p.said.Load() }

// exchange says the next number and waits until it was answered and heard.
func (p *pair) exchange() error {
	began, answers := time.Now(), make(chan client.Answer, 1)
	number := p.said.Add(1)
	m := client.Text("jerry", strconv.FormatInt(number, 10))
	m.ID = strconv.FormatInt(number, 10) // whoever is told that the server is busy says it again
	say := func() error { return p.tom.Say(m, func(a client.Answer) { answers <- a }) }
	if err := say(); err != nil {
		return err
	}
	if err := p.await(number, answers, say); err != nil {
		return err
	}
	p.slowest = max(p.slowest, time.Since(began))
	return nil
}

func (p *pair) await(number int64, answers chan client.Answer, again func() error) error {
	deadline := time.After(patience)
	for answered, heard := false, false; !answered || !heard; {
		select {
		case a := <-answers:
			if a.Error == unavailable || a.Error == overloaded {
				if err := again(); err != nil {
					return err
				}
				continue
			}
			if answered = true; !a.Success || a.N != uint64(number) {
				return fmt.Errorf("answered %+v", a)
			}
		case text := <-p.heard:
			if heard = true; text != strconv.FormatInt(number, 10) {
				return fmt.Errorf("heard %q", text)
			}
		case <-p.tom.Done():
			return fmt.Errorf("tom was disconnected")
		case <-p.jerry.Done():
			return fmt.Errorf("jerry was disconnected")
		case <-deadline:
			return fmt.Errorf("answered: %v, heard: %v after %v", answered, heard, patience)
		}
	}
	return nil
}
