package cluster

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// ear is a session that keeps what it hears, in a short form and in the order of arrival:
//
//	message from tom (0) to jerry: hi     yourself to jerry: hi     sys to all: hi     online tom
type ear struct {
	*client.Conn
	t    *testing.T
	name string
	// isThere is a friend who was online before: when it is slow to say so, that may be heard.
	isThere string

	mu    sync.Mutex
	heard []string
}

// visit logs a user in on n.
func visit(t *testing.T, n *servertest.Node, user string) *ear {
	t.Helper()
	return enter(t, n, client.Options{User: user})
}

func enter(t *testing.T, n *servertest.Node, o client.Options) *ear {
	t.Helper()
	e := &ear{t: t, name: o.User + o.Passenger + " on " + n.Name}
	o.On = e.hear
	e.Conn = login(t, n, o)
	return e
}

func (e *ear) hear(event string, arg json.RawMessage) {
	line := shorten(event, arg)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, line)
}

func shorten(event string, arg json.RawMessage) string {
	var id string
	if json.Unmarshal(arg, &id) == nil {
		return event + " " + id
	}
	var h client.Heard
	var content struct{ Body string }
	if json.Unmarshal(arg, &h) != nil || json.Unmarshal(h.Content, &content) != nil {
		return event + " " + string(arg)
	}
	if h.From != nil {
		event += fmt.Sprintf(" from %s (%d)", h.From.ID, *h.From.Type)
	}
	if h.To.ID == "" {
		h.To.ID = "all"
	}
	return event + " to " + h.To.ID + ": " + content.Body
}

func (e *ear) all() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(e.heard), func(line string) bool { return e.isThere != "" && line == "online "+e.isThere })
}

// hears waits until the session has heard as many events as are wanted, and checks that they are these, in this order.
func (e *ear) hears(want ...string) {
	e.t.Helper()
	servertest.Eventually(e.t, e.name+" hears "+strings.Join(want, ", "), func() bool { return len(e.all()) >= len(want) })
	if got := e.all(); !slices.Equal(got, want) {
		e.t.Errorf("%s heard\n %s\nwant\n %s", e.name, strings.Join(got, "\n "), strings.Join(want, "\n "))
	}
}

// says sends a text and returns its acknowledgement, which must be a success.
func (e *ear) says(to client.To, text string) client.Answer {
	e.t.Helper()
	a := e.asks(client.TextTo(to, text))
	if !a.Success {
		e.t.Fatalf("%s: %q was refused with %d", e.name, text, a.Error)
	}
	return a
}

func (e *ear) asks(m client.Message) client.Answer {
	e.t.Helper()
	answers := make(chan client.Answer, 1)
	if err := e.Say(m, func(a client.Answer) { answers <- a }); err != nil {
		e.t.Fatal(err)
	}
	select {
	case a := <-answers:
		return a
	case <-e.Done():
		e.t.Fatalf("%s: the connection ended before %v was answered", e.name, m)
		return client.Answer{}
	}
}

func friend(id string) client.To   { return client.To{ID: id} }
func group(id string) client.To    { return client.To{ID: id, Type: client.Group} }
func room(id string) client.To     { return client.To{ID: id, Type: client.Room} }
func stranger(id string) client.To { return client.To{ID: id, Type: client.Stranger} }
