package compat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/puppet"
	"github.com/parley-im/parley/transport/engineio/polltest"
	"github.com/parley-im/parley/transport/ws/wstest"
)

// habit is how the engine of a mobile SDK speaks (docs/protocol.md 3.1, 3.5, 3.6). Those engines are Swift and Java, which
// the tests do not run; they are written here to the letter of that page.
type habit struct {
	name    string
	dialect polltest.Dialect
	// swift: text frames carry each packet as UTF-8 twice, /chat is asked for when the root is connected, the upgrade has a
	// noop of the client's, and slashes in JSON are escaped. No EIO is named, which is the dialect's.
	swift bool
}

var habits = []habit{{"Swift", polltest.Text3, true}, {"Java", polltest.Binary3, false}}

// mobile is a session with such habits.
type mobile struct {
	habit
	t    *testing.T
	base string
	user string
	// auth is the login, which each request repeats.
	auth string
	poll *polltest.Client
	// socket is nil while it polls.
	socket *wstest.Client
	// heard is what came, in order, noops aside.
	heard []string
	asked int
}

// openMobile logs in by polling.
func openMobile(t *testing.T, s *servertest.Node, h habit, user string) *mobile {
	t.Helper()
	login, err := json.Marshal(map[string]string{
		"app": servertest.App, "sign": client.SignNow(servertest.ClientKey), "client": user,
	})
	if err != nil {
		t.Fatal(err)
	}
	m := &mobile{habit: h, t: t, base: s.URL(), user: user, auth: "auth=" + url.QueryEscape(string(login))}
	m.poll = polltest.Open(t, m.base, h.dialect, m.auth)
	m.poll.HTTP.Timeout = puppet.Deadline
	m.heard = m.poll.First
	if m.swift {
		m.await("40")
	}
	m.send("40/chat")
	m.await("40/chat,")
	m.await(`42/chat,["login",{"success":true`)
	return m
}

// send sends packets: by one POST, or a frame each.
func (m *mobile) send(packets ...string) {
	m.t.Helper()
	if m.socket != nil {
		for _, p := range packets {
			m.socket.Send(p)
		}
		return
	}
	if m.swift {
		packets = twice(packets)
	}
	body := strings.NewReader(m.poll.Encode(packets...))
	a, err := m.poll.Do(m.t.Context(), http.MethodPost, m.auth, m.poll.PostType(), body)
	if err != nil || a.Status != http.StatusOK || a.Body != "ok" {
		m.t.Fatalf("%s: POST answered %d %q, %v", m.user, a.Status, a.Body, err)
	}
}

// twice encodes as UTF-8, and takes each byte for a character that will be encoded once more.
func twice(packets []string) (out []string) {
	for _, p := range packets {
		runes := make([]rune, 0, len(p))
		for _, b := range []byte(p) {
			runes = append(runes, rune(b))
		}
		out = append(out, string(runes))
	}
	return out
}

// get polls once. What comes is ASCII, which polltest checks: to decode that twice changes nothing.
func (m *mobile) get() (packets []string, err error) {
	packets, err = m.poll.Get(m.t.Context(), m.auth)
	return slices.DeleteFunc(packets, func(p string) bool { return p == "6" }), err
}

// await waits for a packet with that prefix, and returns the first.
func (m *mobile) await(prefix string) string {
	m.t.Helper()
	return m.awaitThat(prefix, func(p string) bool { return strings.HasPrefix(p, prefix) })
}

func (m *mobile) awaitThat(what string, match func(string) bool) string {
	m.t.Helper()
	for {
		if i := slices.IndexFunc(m.heard, match); i >= 0 {
			return m.heard[i]
		}
		packets, err := []string(nil), error(nil)
		if m.socket != nil {
			packets = []string{m.socket.Text()}
		} else {
			packets, err = m.get()
		}
		if err != nil || slices.Contains(packets, "") || slices.Contains(packets, "1") {
			m.t.Fatalf("%s: waits for %s, got %q, %v after %q", m.user, what, packets, err, m.heard)
		}
		m.heard = append(m.heard, packets...)
	}
}

// hears waits for an event with that text.
func (m *mobile) hears(event, text string) client.Heard {
	m.t.Helper()
	packet := m.awaitThat(event+" "+text, func(p string) bool {
		arg, ok := argument(p, event)
		return ok && bodyIs(arg, text)
	})
	arg, _ := argument(packet, event)
	var h client.Heard
	if err := json.Unmarshal(arg, &h); err != nil {
		m.t.Fatal(err)
	}
	return h
}

// argument returns that of an event of /chat.
func argument(packet, event string) (json.RawMessage, bool) {
	var pair [2]json.RawMessage
	text, ok := strings.CutPrefix(packet, "42/chat,")
	if !ok || json.Unmarshal([]byte(text), &pair) != nil {
		return nil, false
	}
	return pair[1], string(pair[0]) == fmt.Sprintf("%q", event)
}

// texts lists what came as that event, in order.
func (m *mobile) texts(event string) (out []string) {
	for _, p := range m.heard {
		if arg, ok := argument(p, event); ok {
			out = append(out, body(arg))
		}
	}
	return out
}

// says sends a text with an ack id, and waits for the answer.
func (m *mobile) says(to *mobile, text string) {
	m.t.Helper()
	var packet bytes.Buffer
	e := json.NewEncoder(&packet)
	e.SetEscapeHTML(false)
	if err := e.Encode([]any{"say", client.Text(to.user, text)}); err != nil {
		m.t.Fatal(err)
	}
	line := strings.TrimSpace(packet.String())
	if m.swift {
		line = strings.ReplaceAll(line, "/", `\/`)
	}
	m.asked++
	m.send(fmt.Sprintf("42/chat,%d%s", m.asked, line))
	m.await(fmt.Sprintf(`43/chat,%d[{"success":true`, m.asked))
}

// upgrade moves to a WebSocket while a poll is under way; meanwhile runs when the server knows of it, and the client has
// not yet left.
func (m *mobile) upgrade(meanwhile func()) {
	m.t.Helper()
	type outcome struct {
		packets []string
		err     error
	}
	last := make(chan outcome, 1)
	go func() {
		packets, err := m.get()
		last <- outcome{packets, err}
	}()
	socket := wstest.Dial(m.t, m.base, m.poll.Path("websocket")+"&"+m.auth)
	socket.Send("2probe")
	socket.Want("3probe")
	if m.swift {
		m.send("6")
	}
	o := <-last // it is let go, with what has come or without
	if o.err != nil {
		m.t.Fatalf("%s: the poll during the upgrade: %v", m.user, o.err)
	}
	m.heard = append(m.heard, o.packets...)
	meanwhile()
	socket.Send("5")
	m.socket = socket
}

// leave ends the session as an application does.
func (m *mobile) leave() {
	m.t.Helper()
	m.send("41/chat")
	m.send("1")
}
