package system

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// ear is a session that keeps what it hears, as "event argument", without the stamps and in the order of arrival.
type ear struct {
	*client.Conn
	t *testing.T

	mu    sync.Mutex
	heard []string
}

// visit logs somebody in; o says whom.
func visit(t *testing.T, n *servertest.Node, o client.Options) *ear {
	t.Helper()
	e := &ear{t: t}
	o.On = e.hear
	e.Conn = login(t, n, o.User, o)
	return e
}

func as(id string) client.Options { return client.Options{User: id} }

func (e *ear) hear(event string, arg json.RawMessage) {
	var fields map[string]any
	if json.Unmarshal(arg, &fields) == nil {
		delete(fields, "ts")
		arg, _ = json.Marshal(fields) // names in order
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, event+" "+string(arg))
}

func (e *ear) all() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.heard)
}

// hears waits until the session has heard as many events as are wanted, and checks that they are these, in this order.
func (e *ear) hears(name string, want ...string) {
	e.t.Helper()
	servertest.Eventually(e.t, name+" hears "+strings.Join(want, ", "), func() bool { return len(e.all()) >= len(want) })
	if got := e.all(); !slices.Equal(got, want) {
		e.t.Errorf("%s heard\n %s\nwant\n %s", name, strings.Join(got, "\n "), strings.Join(want, "\n "))
	}
}

// refused sends m and checks the code that it is refused with.
func (e *ear) refused(m client.Message, code int) {
	e.t.Helper()
	answers := make(chan client.Answer, 1)
	if err := e.Say(m, func(a client.Answer) { answers <- a }); err != nil {
		e.t.Fatal(err)
	}
	select {
	case a := <-answers:
		if a.Success || a.Error != code {
			e.t.Errorf("%v was answered %+v, want %d", m, a, code)
		}
	case <-e.Done():
		e.t.Fatal("the connection ended")
	}
}
