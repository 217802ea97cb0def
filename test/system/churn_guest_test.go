package system

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// guest is one session of a party.
type guest struct {
	user  string    // or the id of a passenger, "" until it is drawn
	other client.To // with whom it talks, where two do
	conn  *client.Conn
	words string      // what it says
	heard chan string // what it heard of its party
}

// hear keeps what its own party says, as message or mirror. Overflow: what is said more often than once is lost.
func (g *guest) hear(party string, arg json.RawMessage) {
	var m struct{ Content struct{ Body string } }
	if json.Unmarshal(arg, &m) != nil || !strings.HasPrefix(m.Content.Body, party+":") {
		return // the presence of a friend, or what others say
	}
	select {
	case g.heard <- m.Content.Body:
	default:
	}
}

// say says the guest's words and waits for the answer.
func (g *guest) say(p *place) error {
	to := client.To{ID: p.id, Type: p.kind}
	if p.ofTwo() {
		to = g.other
	}
	answers := make(chan client.Answer, 1)
	if err := g.conn.Say(client.TextTo(to, g.words), func(a client.Answer) { answers <- a }); err != nil {
		return err
	}
	select {
	case a := <-answers:
		if a.Error == unavailable || a.Error == overloaded {
			return errGone // nobody knows whether it was said: this visit proves nothing
		}
		if !a.Success {
			return p.excuse(fmt.Errorf("%s, to %+v: refused with %d", g.words, to, a.Error))
		}
		return nil
	case <-g.conn.Done():
		return fmt.Errorf("%s was disconnected", g.user)
	case <-time.After(servertest.Patience):
		return fmt.Errorf("%s, to %+v: not answered", g.words, to)
	}
}

// hearAll waits until the guest has heard the others, each once.
func (g *guest) hearAll(p *place, others int) error {
	heard := make(map[string]bool)
	deadline := time.After(servertest.Patience)
	for len(heard) < others {
		select {
		case words := <-g.heard:
			if words == g.words || heard[words] {
				return fmt.Errorf("%s heard %q twice, or itself", g.user, words)
			}
			heard[words] = true
		case <-p.gone:
			return errGone
		case <-g.conn.Done():
			return fmt.Errorf("%s was disconnected", g.user)
		case <-deadline:
			return fmt.Errorf("%s, who says %q to %+v, heard only %v", g.user, g.words, p, heard)
		}
	}
	return nil
}

// logOut says so, waits until the server sends the client away, and goes.
func (g *guest) logOut() error {
	if err := g.conn.Logout(); err != nil {
		return err
	}
	deadline := time.After(servertest.Patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !g.conn.Dismissed() {
		select {
		case <-tick.C:
		case <-g.conn.Done():
			return fmt.Errorf("%s was disconnected without a word", g.user)
		case <-deadline:
			return fmt.Errorf("the logout of %s was not answered", g.user)
		}
	}
	g.conn.Cut()
	return nil
}
