package compat

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/puppet"
)

// kind is one sort of client. All of them can log in, make friends, talk and listen.
type kind struct {
	name string
	args []string // of node
	// verb and credential of the login: the SDK signs for itself, bare clients are given a signature.
	login string
	sdk   bool
	// transport is what its packets go by in the end.
	transport string
}

var (
	maxleap = kind{"maxleap-im 3.0.17", []string{"--require", "./clients/redirect.js", "clients/maxleap.js", "maxleap-im"}, "login", true, "websocket"}
	parley  = kind{"parley-im", []string{"clients/maxleap.js", "parley-im"}, "login", true, "websocket"}
	io14    = inNode("1.4.8", byWebSocket)
	io25    = inNode("2.5.0", byWebSocket)
	io48    = inNode("4.8.3", byWebSocket)
	io48a   = byAuth(io48)

	kinds = []kind{maxleap, parley, io14, io25, io48, io48a}
)

// byAuth is k giving its credentials in the CONNECT packet, by its `auth` option.
func byAuth(k kind) kind {
	k.name, k.login = k.name+", auth option", "loginByAuth"
	return k
}

// each runs the test once per kind of client, each with a server of its own and beside others: most of a test's time
// is waiting.
func each(t *testing.T, test func(*testing.T, *servertest.Node, kind)) { eachOf(t, kinds, test) }

// eachOf is each for some kinds.
func eachOf(t *testing.T, kinds []kind, test func(*testing.T, *servertest.Node, kind)) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			s := servertest.Start(t)
			test(t, s, k)
		})
	}
}

// eachSDK runs the test with the original SDK and with ours, in Node and in a page of another origin.
func eachSDK(t *testing.T, test func(*testing.T, *servertest.Node, kind)) {
	eachOf(t, []kind{maxleap}, test)
	eachOwn(t, test)
}

// eachOwn runs the test with our SDK, in Node and in a page of another origin: in Node alone where races of the server are looked for, which
// hears the same from both.
func eachOwn(t *testing.T, test func(*testing.T, *servertest.Node, kind)) {
	eachOf(t, []kind{parley}, test)
	if servertest.RaceDetector {
		return
	}
	t.Run("parley-im in a page", func(t *testing.T) {
		t.Parallel()
		s := servertest.Start(t)
		test(t, s, sdkInPage(sharedBrowser(t)))
	})
}

// sdkInPage is our SDK in a page of b, which loads it from the server.
func sdkInPage(b browser) kind {
	return kind{"parley-im in a page", []string{"clients/sdkpage.js", b.endpoint, b.pages}, "login", true, "websocket"}
}

// isOwn reports whether it is our SDK.
func (k kind) isOwn() bool { return strings.HasPrefix(k.name, parley.name) }

// session is one client that plays one user.
type session struct {
	*puppet.Puppet
	kind   kind
	server *servertest.Node
	user   string
}

// open starts a client and its login with key, and waits for the answer to it.
func open(t *testing.T, s *servertest.Node, k kind, user, key string) (*session, loginAnswer) {
	t.Helper()
	p := &session{puppet.Start(t, s, k.name+" as "+user, k.args...), k, s, user}
	credential := key
	if !k.sdk {
		credential = client.SignNow(key)
	}
	p.Do(k.login, servertest.App, credential, user)
	var answer loginAnswer
	p.decode(p.Await("login", nil), &answer)
	return p, answer
}

type loginAnswer struct {
	Success bool   `json:"success"`
	ID      string `json:"id"`
	Error   int    `json:"error"`
}

// login opens a session that must be accepted.
func login(t *testing.T, s *servertest.Node, k kind, user string) *session {
	t.Helper()
	p, answer := open(t, s, k, user, servertest.ClientKey)
	if !answer.Success || answer.ID != user {
		t.Fatalf("%s: login answered %+v", p.Name, answer)
	}
	return p
}

// rest returns a REST client that shares no code with the server.
func rest(s *servertest.Node) client.REST {
	r := client.REST{URL: s.URL(), App: servertest.App, Key: servertest.ClientKey, Insist: servertest.Patience}
	if s.CA != "" {
		r.HTTP = s.HTTP()
	}
	return r
}

func (p *session) decode(raw json.RawMessage, v any) {
	p.T.Helper()
	if err := json.Unmarshal(raw, v); err != nil {
		p.T.Fatalf("%s: %s: %v", p.Name, raw, err)
	}
}

// befriend makes friends the way this client does: by the SDK's own call, or by REST.
func (p *session) befriend(friend string) {
	p.T.Helper()
	if p.kind.sdk {
		p.sdk(nil, "addFriend", p.user, friend)
		return
	}
	if err := rest(p.server).Befriend(p.T.Context(), p.user, friend); err != nil {
		p.T.Fatal(err)
	}
}

// say sends a text to a friend.
func (p *session) say(to, body string) {
	p.T.Helper()
	p.sayTo(client.To{ID: to}, client.Content{Body: body})
}

// sayTo sends the way this client does: a JSON text by the SDK, an object by bare clients.
func (p *session) sayTo(to client.To, c client.Content) {
	p.T.Helper()
	if p.kind.sdk {
		p.Do("say", to, c)
		return
	}
	p.Do("emit", client.Message{To: to, Content: c})
}

// history returns the conversation with friend as this client reads it, the newest limit messages before ts.
func (p *session) history(friend string, ts int64, limit int) (out []client.Record) {
	p.T.Helper()
	if p.kind.sdk {
		p.sdk(&out, "getRecentChat", p.user, friend, ts, limit)
		return out
	}
	path := fmt.Sprintf("/ctx/%s/friends/%s/chats?ts=%d&limit=%d", p.user, friend, ts, limit)
	_, body, err := rest(p.server).Do(p.T.Context(), "GET", path)
	if err != nil {
		p.T.Fatal(err)
	}
	p.decode(body, &out)
	return out
}

// sdk calls a REST function of the SDK, whose callback comes last, and decodes the result into v unless that is nil.
func (p *session) sdk(v any, name string, args ...any) {
	p.T.Helper()
	raw := p.Do("sdk", name, args, []any{})
	if v != nil {
		p.decode(raw, v)
	}
}

// hears waits for a message with that text and returns it.
func (p *session) hears(event, text string) client.Heard {
	p.T.Helper()
	var h client.Heard
	p.decode(p.Await(event, func(raw json.RawMessage) bool { return bodyIs(raw, text) }), &h)
	return h
}

// texts lists the bodies of everything of that name that the session has heard, in order.
func (p *session) texts(name string) (out []string) {
	for _, e := range p.Heard(name) {
		out = append(out, body(e.Arg))
	}
	return out
}

// heardText reports whether a text came, as whatever event.
func (p *session) heardText(text string) bool {
	return slices.ContainsFunc(p.Heard(), func(e puppet.Event) bool { return bodyIs(e.Arg, text) })
}

func bodyIs(raw json.RawMessage, text string) bool { return body(raw) == text }

// body returns the text of a message, "" when raw is none.
func body(raw json.RawMessage) string {
	var m struct {
		Content struct{ Body string }
	}
	if json.Unmarshal(raw, &m) != nil {
		return ""
	}
	return m.Content.Body
}
