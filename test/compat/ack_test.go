package compat

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// bare are the clients that can ask for acknowledgements.
var bare = []kind{io14, io25, io48}

// The Socket.IO acknowledgement of `say` comes with the number and time that live delivery and history have; a repeat
// with the same id gets the first answer, and nobody hears it twice.
func TestAck_AnswersSay(t *testing.T) {
	t.Parallel()
	eachOf(t, bare, func(t *testing.T, s *servertest.Node, k kind) {
		tom, jerry := login(t, s, k, "tom"), login(t, s, k, "jerry")
		tom.befriend("jerry")

		m := client.Text("jerry", "你好 😀")
		m.ID = "first-1"
		first := tom.ask(m)
		h := jerry.hears("message", "你好 😀")
		if !first.Success || first.Duplicate || first.N != 1 || first.N != h.N || first.TS != h.TS || first.ID != h.ID {
			t.Errorf("answered %+v, delivered %+v", first, h)
		}
		again := tom.ask(m)
		if !again.Success || !again.Duplicate || again.N != first.N || again.TS != first.TS {
			t.Errorf("a repeat was answered %+v, first was %+v", again, first)
		}
		text, err := json.Marshal(client.Text("jerry", "as text"))
		if err != nil {
			t.Fatal(err)
		}
		if a := tom.ask(string(text)); !a.Success || a.N != 2 {
			t.Errorf("a message as JSON text was answered %+v", a)
		}
		jerry.hears("message", "as text")
		if got := len(jerry.Heard("message")); got != 2 {
			t.Errorf("jerry heard %d messages, want 2", got)
		}
	})
}

// So it is with groups, and with rooms, which number nothing. Who is no member is refused.
func TestAck_AnswersSayToGroupsAndRooms(t *testing.T) {
	t.Parallel()
	eachOf(t, bare, func(t *testing.T, s *servertest.Node, k kind) {
		tom, jerry, eve := login(t, s, k, "tom"), login(t, s, k, "jerry"), login(t, s, k, "eve")
		for _, c := range []struct {
			to client.To
			n  uint64
		}{{found(t, s, typeGroup), 1}, {found(t, s, typeRoom), 0}} {
			m := client.Message{To: c.to, Content: client.Content{Body: fmt.Sprintf("to %d", c.to.Type)}}
			if a := eve.ask(m); a.Success || a.Error != 5003 {
				t.Errorf("no member: answered %+v, want error 5003", a)
			}
			a := tom.ask(m)
			h := jerry.hears("message", fmt.Sprintf("to %d", c.to.Type))
			if !a.Success || a.TS == 0 || a.TS != h.TS || a.N != c.n || h.N != c.n {
				t.Errorf("answered %+v, delivered %+v, want the same ts and n %d", a, h, c.n)
			}
			m.To.ID = unknownID
			if a := tom.ask(m); a.Success || a.Error != 5004 {
				t.Errorf("unknown target: answered %+v, want error 5004", a)
			}
		}
	})
}

// What cannot be delivered is answered with a code when an answer was asked for, and the session stays.
func TestAck_RefusesWithACode(t *testing.T) {
	t.Parallel()
	eachOf(t, bare, func(t *testing.T, s *servertest.Node, k kind) {
		tom := login(t, s, k, "tom")
		login(t, s, k, "jerry")
		for _, c := range []struct {
			what    string
			message any
			want    int
		}{
			{"no friend", client.Text("jerry", "hi"), 5003},
			{"unknown user", client.Text("nobody", "hi"), 5004},
			{"no target", map[string]any{"content": map[string]any{"media": 0, "body": "hi"}}, 5001},
			{"no body", map[string]any{"to": client.To{ID: "jerry"}}, 5001},
			{"broken JSON text", `{"to":`, 5001},
		} {
			if a := tom.ask(c.message); a.Success || a.Error != c.want {
				t.Errorf("%s: answered %+v, want error %d", c.what, a, c.want)
			}
		}
		tom.befriend("jerry")
		if a := tom.ask(client.Text("jerry", "still here")); !a.Success {
			t.Errorf("after the refusals a good message was answered %+v", a)
		}
	})
}

// The `ack` event is what SDK v4 asks for with a number of its own, 0 included; only the sending session gets it.
func TestAck_EventGoesToTheSenderOnly(t *testing.T) {
	t.Parallel()
	eachOf(t, bare, func(t *testing.T, s *servertest.Node, k kind) {
		tom, twin, jerry := login(t, s, k, "tom"), login(t, s, k, "tom"), login(t, s, k, "jerry")
		tom.befriend("jerry")
		zero, m := 0, client.Text("jerry", "ask for an event")
		m.Ack = &zero
		tom.Do("emit", m)
		var ack struct {
			Ack *int
			TS  int64
		}
		tom.decode(tom.Await("ack", nil), &ack)
		if h := jerry.hears("message", "ask for an event"); ack.Ack == nil || *ack.Ack != 0 || ack.TS != h.TS {
			t.Errorf("got ack %+v for %+v", ack, h)
		}
		tom.say("jerry", "fence")
		twin.hears("yourself", "fence")
		jerry.hears("message", "fence")
		if got := len(twin.Heard("ack")) + len(jerry.Heard("ack")); got != 0 {
			t.Errorf("others heard %d ack events", got)
		}
	})
}

// ask sends m with an ack id and returns the answer.
func (p *session) ask(m any) client.Answer {
	p.T.Helper()
	var answers []client.Answer
	p.decode(p.Do("ask", m), &answers)
	if len(answers) != 1 {
		p.T.Fatalf("%s: got %d arguments in the acknowledgement, want one", p.Name, len(answers))
	}
	return answers[0]
}
