package model

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-im/parley/test/client"
)

// A check that finds nothing proves nothing: each case here starts from what is right, spoils one thing, and says what
// must be found. Besides, the test itself was seen to fail, at the latest after a few thousand steps, with servers that
// were broken by hand: the hub does not learn of a room that its user joins, or leaves, or is in when it logs in; a limit
// is one too high; an owner can be removed; a member that leaves makes others change places; who leaves is not told; a
// change is answered before it is told; non-members may speak; the speaking session gets its mirror, too; each message
// comes twice; a room's messages overtake each other; an id is not looked up; what is owed after a restart is not told
// by itself; a message is acknowledged before it is stored (found by most seeds).

// wantFault fails unless exactly the faults that are wanted were found, by a part of their text.
func wantFault(t *testing.T, name, want string, faults []string) {
	t.Helper()
	text := strings.Join(faults, "\n")
	if want == "" && text != "" || !strings.Contains(text, want) {
		t.Errorf("%s: expected a fault with %q, got %q", name, want, text)
	}
}

// The right shape of a group, its members, and what may be wrong about it.
func TestCheckGathering_NoticesEachDifference(t *testing.T) {
	g := gathering{kind: client.Group, id: "g1", owner: "tom", members: []string{"tom", "jerry"}, attributes: attributes{"name": "crew"}}
	right := `{"owner":"tom","members":["tom","jerry"],"ts":1,"attributes":{"name":"crew"},"name":"crew"}`
	for _, c := range []struct{ name, old, new, want string }{
		{"all is well", "", "", ""},
		{"another order", `["tom","jerry"]`, `["jerry","tom"]`, "members: expected"},
		{"somebody is missing", `["tom","jerry"]`, `["tom"]`, "members: expected"},
		{"somebody is too much", `["tom","jerry"]`, `["tom","jerry","spike"]`, "members: expected"},
		{"no members at all", `"members":["tom","jerry"],`, "", "members: expected"},
		{"another owner", `"owner":"tom"`, `"owner":"jerry"`, "owner: expected"},
		{"no owner", `"owner":"tom",`, "", "owner: expected"},
		{"no name on top", `,"name":"crew"}`, "}", "name: expected"},
		{"no name within", `{"name":"crew"}`, "{}", "attributes: expected"},
		{"no attributes", `"attributes":{"name":"crew"},`, "", "attributes: expected"},
		{"no time", `"ts":1`, `"ts":0`, "has ts: expected"},
	} {
		var got gatheringJSON
		if err := json.Unmarshal([]byte(strings.Replace(right, c.old, c.new, 1)), &got); err != nil {
			t.Fatal(err)
		}
		wantFault(t, c.name, c.want, checkGathering(g, got))
	}
}

func TestCheckMembers_NoticesEachDifference(t *testing.T) {
	g := gathering{kind: client.Room, id: "r1", members: []string{"tom", "jerry"}}
	for _, c := range []struct {
		name, want string
		got        []string
	}{
		{"all is well", "", []string{"tom", "jerry"}},
		{"another order", "members: expected", []string{"jerry", "tom"}},
		{"somebody is missing", "members: expected", []string{"tom"}},
		{"somebody is there twice", "members: expected", []string{"tom", "jerry", "tom"}},
		{"nobody", "members: expected", nil},
	} {
		wantFault(t, c.name, c.want, checkMembers(g, c.got))
	}
	wantFault(t, "nobody where nobody is", "", checkMembers(gathering{kind: client.Room, id: "r2"}, nil))
}

func TestCheckProfile_NoticesEachDifference(t *testing.T) {
	want := profile{friends: []string{"jerry"}, groups: []string{"g1", "g2"}, rooms: []string{}, installs: []string{}, attributes: attributes{"a": 1.0}}
	right := `{"id":"tom","friends":["jerry"],"groups":["g2","g1"],"rooms":[],"installs":[],"attributes":{"a":1}}`
	for _, c := range []struct{ name, old, new, want string }{
		{"all is well, in any order", "", "", ""},
		{"a group is missing", `["g2","g1"]`, `["g2"]`, "groups: expected"},
		{"a room is too much", `"rooms":[]`, `"rooms":["r1"]`, "rooms: expected"},
		{"another friend", `["jerry"]`, `["spike"]`, "friends: expected"},
		{"rooms are absent", `"rooms":[],`, "", "rooms: expected"},
		{"another attribute", `{"a":1}`, `{"a":"1"}`, "attributes: expected"},
		{"another user", `"id":"tom"`, `"id":"jerry"`, "id: expected"},
	} {
		var got profileJSON
		if err := json.Unmarshal([]byte(strings.Replace(right, c.old, c.new, 1)), &got); err != nil {
			t.Fatal(err)
		}
		wantFault(t, c.name, c.want, checkProfile("tom", want, got))
	}
}

func TestCheckHistory_NoticesEachDifference(t *testing.T) {
	p := newPost(client.Group)
	var said []*letter
	var right []client.Record
	for i, body := range []string{"a", "b", "c"} {
		l := p.write(body, client.Group)
		l.n, l.ts = uint64(i)+1, int64(i)+100
		r := client.Record{N: l.n, TS: l.ts, Speaker: "tom"}
		r.Content.Body = []byte(`"` + body + `"`)
		said, right = append(said, l), append(right, r)
	}
	for _, c := range []struct {
		name  string
		spoil func(h []client.Record) []client.Record
		want  string
	}{
		{"all is well", func(h []client.Record) []client.Record { return h }, ""},
		{"one is missing", func(h []client.Record) []client.Record { return h[:2] }, "number of records: expected 3"},
		{"one is too much", func(h []client.Record) []client.Record { return append(h, h[2]) }, "number of records: expected 3"},
		{"a gap", func(h []client.Record) []client.Record { h[2].N = 4; return h }, "n: expected 3"},
		{"two are swapped", func(h []client.Record) []client.Record {
			h[0].Content, h[1].Content = h[1].Content, h[0].Content
			return h
		}, "record: expected"},
		{"another speaker", func(h []client.Record) []client.Record { h[1].Speaker = "jerry"; return h }, "record: expected"},
	} {
		wantFault(t, c.name, c.want, checkHistory("history", said, c.spoil(append([]client.Record(nil), right...))))
	}
}

// What may follow in a conversation has the next number and a later time, and does not overtake its own session.
func TestCheckNext_NoticesGapsAndOvertaking(t *testing.T) {
	p := newPost(client.Group)
	first, second, third := p.write("a", client.Group), p.write("b", client.Group), p.write("c", client.Group)
	first.number, second.number, third.number = 1, 2, 3
	first.n, first.ts, second.n, second.ts, third.n, third.ts = 1, 100, 2, 101, 3, 102
	wantFault(t, "the next", "", checkNext([]*letter{first}, second))
	wantFault(t, "a gap", "n: expected 2", checkNext([]*letter{first}, third))
	third.n, third.ts = 1, 99
	wantFault(t, "an overtaken one", "expected it before", checkNext([]*letter{third}, second))
}

// An answer is compared by status, code and body.
func TestCheckAnswer_NoticesEachDifference(t *testing.T) {
	done, refused := change{status: http.StatusCreated}, change{status: http.StatusCreated, code: full}
	for _, c := range []struct {
		name string
		change
		status     int
		body, want string
	}{
		{"done", done, http.StatusCreated, "", ""},
		{"done, with an empty object", done, http.StatusCreated, "{}", ""},
		{"another status", done, http.StatusOK, "", "status: expected 201"},
		{"refused for nothing", done, http.StatusBadRequest, `{"errorCode":5008}`, "code: expected 0"},
		{"a body for nothing", done, http.StatusCreated, `"x"`, "body: expected"},
		{"refused", refused, http.StatusBadRequest, `{"errorCode":5008}`, ""},
		{"not refused", refused, http.StatusCreated, "", "code: expected 5008"},
		{"refused for another reason", refused, http.StatusNotFound, `{"errorCode":5004}`, "code: expected 5008"},
	} {
		wantFault(t, c.name, c.want, checkAnswer(c.change, answer{status: c.status, body: []byte(c.body)}))
	}
}

// Changes at once are explained by an order of them, or not at all.
func TestExplain_NoticesWhatNoOrderLeadsTo(t *testing.T) {
	w := &world{model: newModel()}
	g := gathering{kind: client.Group, id: "g1", owner: "a", members: []string{"a", "b", "c", "d"}}
	cs := []change{w.joining(g, "x"), w.joining(g, "y")} // there is room for one
	done, refused := answer{status: http.StatusCreated, body: []byte("{}")}, answer{status: http.StatusBadRequest, body: []byte(`{"errorCode":5008}`)}
	there := func(last ...string) gatheringJSON {
		return gatheringJSON{Owner: &g.owner, Members: append([]string{"a", "b", "c", "d"}, last...), TS: 1, Attributes: map[string]any{}}
	}
	for _, c := range []struct {
		name    string
		answers []answer
		there   gatheringJSON
		want    string
	}{
		{"the first was first", []answer{done, refused}, there("x"), ""},
		{"the second was first", []answer{refused, done}, there("y"), ""},
		{"both are in", []answer{done, done}, there("x", "y"), "code: expected 5008"},
		{"none is in", []answer{refused, refused}, there(), "code: expected 0"},
		{"the wrong one is in", []answer{done, refused}, there("y"), "members: expected"},
	} {
		_, faults := explain(g, cs, c.answers, reply{status: http.StatusOK}, c.there)
		wantFault(t, c.name, c.want, faults)
	}
}

// The model itself knows the limits, the order of joining, and who cannot leave.
func TestGathering_DoesWhatTheProtocolSays(t *testing.T) {
	g, _ := gathering{kind: client.Group, id: "g1", owner: "c", members: []string{"a", "b", "a", "c"}}.made()
	for _, c := range []struct {
		name string
		op   func(gathering) (gathering, int)
		code int
		want string
	}{
		{"the owner is first", func(g gathering) (gathering, int) { return g, 0 }, 0, "c a b"},
		{"who joins is last", func(g gathering) (gathering, int) { return g.with("e", "a", "d") }, 0, "c a b e d"},
		{"one too many", func(g gathering) (gathering, int) { return g.with("d", "e", "f") }, full, "c a b"},
		{"the owner stays", func(g gathering) (gathering, int) { return g.without("a", "c") }, invalid, "c a b"},
		{"others leave", func(g gathering) (gathering, int) { return g.without("a", "z") }, 0, "c b"},
		{"a new list keeps the owner", func(g gathering) (gathering, int) { return g.edited(edit{members: []string{"d", "b"}}) }, 0, "c b d"},
		{"a new owner is in", func(g gathering) (gathering, int) { return g.edited(edit{owner: "d"}) }, 0, "c a b d"},
		{"a new owner and a new list", func(g gathering) (gathering, int) {
			return g.edited(edit{owner: "d", members: []string{"e", "a"}})
		}, 0, "a d e"},
	} {
		got, code := c.op(g)
		if members := strings.Join(got.members, " "); code != c.code || members != c.want {
			t.Errorf("%s: expected %s and code %d, got %s and %d", c.name, c.want, c.code, members, code)
		}
	}
	if _, code := (gathering{kind: client.Group}).made(); code != invalid {
		t.Errorf("a group without an owner: expected %d, got %d", invalid, code)
	}
	if _, code := (gathering{gone: true}).with("a"); code != unknown {
		t.Errorf("what is gone: expected %d, got %d", unknown, code)
	}
}
