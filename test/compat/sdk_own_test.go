package compat

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/puppet"
)

// The types of docs/protocol.md section 1 that maxleap-im does not know.
const (
	typePassenger = 3
	typeStranger  = 4
)

// Codes of our SDK that are not the server's (sdk/js/src/errors.ts: Local).
const (
	codeNetwork   = -1
	codeCancelled = -2
	codeUnsigned  = -3
)

// enter starts our SDK with options beside the app and its key, nil = without, and waits for the first answer to its login.
func enter(t *testing.T, s *servertest.Node, k kind, user string, options fields) (*session, loginAnswer) {
	t.Helper()
	p := &session{puppet.Start(t, s, k.name+" as "+user, k.args...), k, s, user}
	all := fields{"appId": servertest.App, "clientId": servertest.ClientKey}
	maps.Copy(all, options)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	p.Do("enter", all)
	var answer loginAnswer
	p.decode(p.Await("login", nil), &answer)
	return p, answer
}

// tell says a text, reports its states, and returns the message's id.
func (p *session) tell(to client.To, text string, more ...any) (id string) {
	p.T.Helper()
	p.decode(p.Do("tell", append([]any{to, client.Content{Body: text}}, more...)...), &id)
	return id
}

// sent is what our SDK says of a message that was taken, or was not.
type sent struct {
	ID        string
	TS        int64
	N         uint64
	Duplicate bool
	Code      int
	Temporary bool
}

// ends waits for the end of a message, `sent` or `unsent`, and returns what came of it and through which states it went.
func (p *session) ends(how, id string) (s sent, states string) {
	p.T.Helper()
	is := func(raw json.RawMessage) bool {
		var it struct{ ID string }
		return json.Unmarshal(raw, &it) == nil && it.ID == id
	}
	p.decode(p.Await(how, is), &s)
	var all []string
	for _, e := range p.Heard("sending") {
		var it struct{ State string }
		if is(e.Arg) {
			p.decode(e.Arg, &it)
			all = append(all, it.State)
		}
	}
	return s, strings.Join(all, " ")
}

// asked is what a promise of our SDK came to.
type asked struct {
	Answer        json.RawMessage
	Code          int
	Temporary     bool
	IsError       bool
	Message, Text string
}

// asks calls a function of our SDK for its promise.
func (p *session) asks(name string, args ...any) (a asked) {
	p.T.Helper()
	p.decode(p.Do("ask", append([]any{name}, args...)...), &a)
	return a
}

// states lists the states that the session has reported, in order.
func (p *session) states() (out []string) {
	for _, e := range p.Heard("state") {
		out = append(out, strings.Trim(string(e.Arg), `"`))
	}
	return out
}

// A message goes through the states that the SDK promises: stored with its number in a conversation that has one, accepted in a room,
// failed with the code of the refusal.
//
// Checked by breaking it: a message that counts as stored when it is sent has no number.
func TestOwnSDK_StatesOfAMessage(t *testing.T) {
	t.Parallel()
	eachOwn(t, func(t *testing.T, s *servertest.Node, k kind) {
		tom, _ := enter(t, s, k, "tom", fields{"userId": "tom"})
		jerry := login(t, s, k, "jerry")
		login(t, s, k, "eve")
		tom.befriend("jerry")
		group, room := found(t, s, typeGroup), found(t, s, typeRoom)
		for _, c := range []struct {
			to     client.To
			n      uint64
			states string
		}{{client.To{ID: "jerry"}, 1, "sent stored"}, {group, 1, "sent stored"}, {room, 0, "sent accepted"}} {
			id := tom.tell(c.to, "to "+c.to.ID, fields{"remark": "a remark"})
			got, states := tom.ends("sent", id)
			h := jerry.hears("message", "to "+c.to.ID)
			if states != c.states || got.ID != id || got.N != c.n || got.TS != h.TS || h.N != c.n || got.Duplicate {
				t.Errorf("to %+v: %+v by %q, heard as %+v; want n %d by %q", c.to, got, states, h, c.n, c.states)
			}
			if c.n > 0 && h.ID != id {
				t.Errorf("to %+v: heard with the id %q, want %q", c.to, h.ID, id)
			}
		}
		for to, code := range map[client.To]int{
			{ID: "eve"}: 5003, {ID: "nobody"}: 5004, {ID: unknownID, Type: typeGroup}: 5004, {ID: unknownID, Type: typeRoom}: 5004,
		} {
			got, states := tom.ends("unsent", tom.tell(to, "unheard"))
			if got.Code != code || got.Temporary || states != "sent failed" {
				t.Errorf("to %+v: %+v by %q, want code %d", to, got, states, code)
			}
		}
		again, _ := tom.ends("sent", tom.tell(client.To{ID: "jerry"}, "of my own id", fields{"id": "mine-1"}))
		if again.ID != "mine-1" || again.N != 2 {
			t.Errorf("a message with an id of the page's: %+v", again)
		}
	})
}

// Each function answers its callback and its promise alike; what fails is an error with a code, the text of the answer as ever, and says
// whether to try again.
func TestOwnSDK_PromisesBesideCallbacks(t *testing.T) {
	t.Parallel()
	eachOwn(t, func(t *testing.T, s *servertest.Node, k kind) {
		tom := login(t, s, k, "tom")
		for _, call := range [][]any{{"userInfo", "tom"}, {"getGroup", unknownID}, {"addRoomMembers", unknownID, fields{"members": []string{"tom"}}}} {
			var heard struct{ Callback, Promise json.RawMessage }
			tom.decode(tom.Do("both", call...), &heard)
			if len(heard.Promise) < 10 || string(heard.Callback) != string(heard.Promise) {
				t.Errorf("%v gave the callback %s, the promise %s", call, heard.Callback, heard.Promise)
			}
		}
		if a := tom.asks("getGroup", unknownID); a.Code != 5004 || a.Temporary || !a.IsError || a.Message == "" || errorCode(a.Text) != 5004 {
			t.Errorf("an unknown group is rejected as %+v, want 5004", a)
		}
		s.Kill()
		if a := tom.asks("userInfo", "tom"); a.Code != codeNetwork || !a.Temporary || !a.IsError {
			t.Errorf("without a server a call is rejected as %+v, want %d", a, codeNetwork)
		}
	})
}

// Who is refused hears it in the callback of ML.im, and so does whoever awaits a message; the page may try again.
func TestOwnSDK_LoginIsRefused(t *testing.T) {
	t.Parallel()
	eachOwn(t, func(t *testing.T, s *servertest.Node, k kind) {
		eve, answer := enter(t, s, k, "eve", fields{"userId": "eve", "clientId": "not the key"})
		if answer.Success || answer.Error != 5003 {
			t.Errorf("the login was answered %+v, want 5003", answer)
		}
		got, states := eve.ends("unsent", eve.tell(client.To{ID: "tom"}, "unheard"))
		if got.Code != codeCancelled || states != "failed" || !slices.Equal(eve.states(), []string{"refused"}) {
			t.Errorf("after the refusal %q a message ended %+v by %q", eve.states(), got, states)
		}
		eve.Do("resume")
		eve.decode(eve.AwaitNth("login", 2, nil), &answer)
		if answer.Success || answer.Error != 5003 {
			t.Errorf("the second login was answered %+v, want 5003", answer)
		}
	})
}

// The application's own server signs, so the page has no key: it is asked once, and once more when what it gave is refused.
//
// Checked by breaking it: without the second question the user is refused.
func TestOwnSDK_SignatureOfTheApplication(t *testing.T) {
	t.Parallel()
	eachOwn(t, func(t *testing.T, s *servertest.Node, k kind) {
		var questions atomic.Int64
		signer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			switch questions.Add(1); {
			case r.URL.Path == "/broken":
				w.WriteHeader(http.StatusInternalServerError)
			case questions.Load() == 1:
				_, _ = w.Write([]byte(client.SignNow("a key that is gone")))
			default:
				_, _ = w.Write([]byte(client.SignNow(servertest.ClientKey) + "\n"))
			}
		}))
		t.Cleanup(signer.Close)

		tom, answer := enter(t, s, k, "tom", fields{"userId": "tom", "clientId": nil, "signedAt": signer.URL})
		if !answer.Success || answer.ID != "tom" || len(tom.Heard("login")) != 1 {
			t.Fatalf("the login was answered %+v, of %d answers", answer, len(tom.Heard("login")))
		}
		if a := tom.asks("userInfo", "tom"); a.Code != 0 || !strings.Contains(string(a.Answer), `"tom"`) {
			t.Errorf("userInfo is answered %+v", a)
		}
		if got := questions.Load(); got != 2 {
			t.Errorf("%d signatures were asked for, want 2", got)
		}

		eve, answer := enter(t, s, k, "eve", fields{"userId": "eve", "clientId": nil, "signedAt": signer.URL + "/broken"})
		if answer.Success || answer.Error != codeUnsigned {
			t.Errorf("without a signature the login was answered %+v, want %d", answer, codeUnsigned)
		}
		if a := eve.asks("userInfo", "eve"); a.Code != codeUnsigned || !a.IsError {
			t.Errorf("without a signature a call is rejected as %+v, want %d", a, codeUnsigned)
		}
	})
}

// Two calls of ML.im in one page are two users, who talk to each other. The original SDK shares one socket among them.
func TestOwnSDK_TwoUsersInOnePage(t *testing.T) {
	t.Parallel()
	eachOwn(t, func(t *testing.T, s *servertest.Node, k kind) {
		p := &session{puppet.Start(t, s, k.name, k.args...), k, s, ""}
		var got struct{ IDs, Heard []string }
		p.decode(p.Do("duet", servertest.App, servertest.ClientKey, "tom", "jerry"), &got)
		if !slices.Equal(got.IDs, []string{"tom", "jerry"}) || !slices.Equal(got.Heard, []string{"jerry: from jerry", "tom: from tom"}) {
			t.Errorf("in one page are %q, who heard %q", got.IDs, got.Heard)
		}
	})
}

// Strangers: what is said to one comes as that, and both find each other, with history, in their lists.
func TestOwnSDK_Strangers(t *testing.T) {
	t.Parallel()
	eachOwn(t, func(t *testing.T, s *servertest.Node, k kind) {
		tom, eve := login(t, s, k, "tom"), login(t, s, k, "eve")
		if got, states := tom.ends("sent", tom.tell(client.To{ID: "eve", Type: typeStranger}, "who are you?")); states != "sent stored" || got.N != 1 {
			t.Errorf("to a stranger: %+v by %q", got, states)
		}
		if h := eve.hears("message", "who are you?"); h.From == nil || h.From.Type == nil || *h.From.Type != typeStranger || h.From.ID != "tom" {
			t.Errorf("eve heard %+v, want it from a stranger", h)
		}
		var names []string
		if tom.sdk(&names, "listStrangers", "tom"); !slices.Equal(names, []string{"eve"}) {
			t.Errorf("listStrangers answered %q, want eve", names)
		}
		var detail []struct {
			ID     string
			Online bool
			TS     int64
			Recent client.Record
		}
		eve.decode(eve.Do("sdk", "listStrangers", []any{"eve"}, []any{true}), &detail)
		if len(detail) != 1 || detail[0].ID != "tom" || !detail[0].Online || detail[0].TS == 0 || detail[0].Recent.Text() != "who are you?" {
			t.Errorf("listStrangers with detail answered %+v", detail)
		}
		var records []client.Record
		if eve.decode(eve.asks("getStrangerChat", "eve", "tom").Answer, &records); len(records) != 1 || records[0].Speaker != "tom" {
			t.Errorf("getStrangerChat answered %+v", records)
		}
	})
}

// A passenger logs in, talks to a user and back, and comes back as the same one, though its id was drawn.
//
// Checked by breaking it: without the id in the second login it is somebody else.
func TestOwnSDK_Passengers(t *testing.T) {
	t.Parallel()
	eachOwn(t, func(t *testing.T, s *servertest.Node, k kind) {
		tom := login(t, s, k, "tom")
		guest, answer := enter(t, s, k, "guest", fields{"passenger": fields{"name": "guest"}})
		if !answer.Success || !hexID.MatchString(answer.ID) {
			t.Fatalf("the passenger's login was answered %+v, want a drawn id", answer)
		}
		guest.ends("sent", guest.tell(client.To{ID: "tom"}, "is anybody here?"))
		if h := tom.hears("message", "is anybody here?"); h.From == nil || h.From.Type == nil || *h.From.Type != typePassenger || h.From.ID != answer.ID {
			t.Errorf("tom heard %+v, want it from a passenger", h)
		}
		tom.ends("sent", tom.tell(client.To{ID: answer.ID, Type: typePassenger}, "yes"))
		guest.hears("message", "yes")

		guest.Do("drop", true)
		var again loginAnswer
		if guest.decode(guest.AwaitNth("login", 2, nil), &again); again != answer {
			t.Errorf("the second login was answered %+v, the first %+v", again, answer)
		}
		var records []client.Record
		if tom.decode(tom.asks("getPassengerRecentChat", answer.ID, "tom").Answer, &records); len(records) != 2 || records[1].Text() != "yes" {
			t.Errorf("getPassengerRecentChat answered %+v", records)
		}
	})
}

// A session that asks for it is noticed by those who are no friends.
func TestOwnSDK_NotifyAll(t *testing.T) {
	t.Parallel()
	eachOwn(t, func(t *testing.T, s *servertest.Node, k kind) {
		eve, _ := enter(t, s, k, "eve", fields{"userId": "eve"})
		tom, _ := enter(t, s, k, "tom", fields{"userId": "tom", "notifyAll": true})
		eve.hearsOf("online_x", "tom")
		tom.Do("pause")
		eve.hearsOf("offline_x", "tom")
	})
}

// What is given as a Blob is uploaded, by Node too, and the friend gets its address.
func TestOwnSDK_UploadsAndSays(t *testing.T) {
	t.Parallel()
	eachOwn(t, func(t *testing.T, s *servertest.Node, k kind) {
		tom, jerry := login(t, s, k, "tom"), login(t, s, k, "jerry")
		tom.befriend("jerry")
		for media, mime := range map[int]string{1: "image/png", 2: "audio/mpeg", 3: "video/quicktime"} {
			var id string
			tom.decode(tom.Do("tell", client.To{ID: "jerry"}, client.Content{Media: media, Body: "content of " + mime}, fields{"type": mime}), &id)
			if got, states := tom.ends("sent", id); states != "waiting sent stored" || got.N == 0 {
				t.Errorf("%s: %+v by %q", mime, got, states)
			}
			var h struct{ Content struct{ Body []string } }
			jerry.decode(jerry.Await("message", func(raw json.RawMessage) bool { return strings.Contains(string(raw), id) }), &h)
			want := map[int]string{1: ".png", 2: ".mp3", 3: ".mov"}[media]
			if len(h.Content.Body) != 1 || !strings.HasSuffix(h.Content.Body[0], want) {
				t.Fatalf("%s: jerry heard %+v, want one address that ends with %s", mime, h, want)
			}
			path := strings.TrimPrefix(h.Content.Body[0], s.URL())
			if a := s.Client().Do(http.MethodGet, path, ""); a.Status != http.StatusOK || a.Body != "content of "+mime {
				t.Errorf("%s: at %s is %d %q", mime, h.Content.Body[0], a.Status, a.Body)
			}
		}
	})
}
