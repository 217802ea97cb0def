package clock

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// visitor comes and goes while others talk, and is a friend of one who only listens.
type visitor struct {
	*talk
	friend *guest
	// here is nil while the visitor is away.
	here *guest
	kept []keepsake
}

// keepsake is a message with an id, and its first answer.
type keepsake struct {
	message client.Message
	answer  client.Answer
}

func newVisitor(k *talk) *visitor {
	k.t.Helper()
	k.befriend("nibbles", "butch")
	return &visitor{talk: k, friend: k.login("butch")}
}

// keep lets the friend say something under an id, and all that it said so far again: each is known.
func (v *visitor) keep(words string) {
	v.t.Helper()
	m := client.Text("nibbles", words)
	m.ID = fmt.Sprintf("keepsake-%d", len(v.kept))
	v.kept = append(v.kept, keepsake{m, v.friend.say(m)})
	v.repeat(v.friend, words)
}

// repeat lets g say all keepsakes again.
func (v *visitor) repeat(g *guest, when string) {
	v.t.Helper()
	for _, s := range v.kept {
		if a := g.say(s.message); !a.Duplicate || a.N != s.answer.N || a.TS != s.answer.TS {
			v.t.Errorf("%s: %q said again: %+v, want a duplicate of %+v", when, s.message.ID, a, s.answer)
		}
	}
	for i := range v.kept[1:] {
		if v.kept[i].answer.TS >= v.kept[i+1].answer.TS || v.kept[i].answer.N+1 != v.kept[i+1].answer.N {
			v.t.Errorf("%s: after %+v came %+v", when, v.kept[i].answer, v.kept[i+1].answer)
		}
	}
}

// visit lets the visitor come, which its friend hears, join the group and the room, hear what is said in them, say
// something, and leave.
func (v *visitor) visit(when string) {
	v.t.Helper()
	v.here = v.login("nibbles")
	v.friend.sees("nibbles", true)
	v.repeat(v.friend, when)
	for _, p := range []string{"/groups/" + v.group().name, "/rooms/" + v.room().name} {
		v.must(http.MethodPost, p+"/members/nibbles", nil, http.StatusCreated, nil)
		v.listed(when, p, true)
	}
	for _, p := range []*place{v.group(), v.room()} {
		servertest.Eventually(v.t, "the visitor hears what is said", func() bool { return len(v.here.heardAt(p.name)) > 3 })
	}
	for _, p := range []string{"/groups/" + v.group().name, "/rooms/" + v.room().name} {
		v.must(http.MethodDelete, p+"/members/nibbles", nil, http.StatusNoContent, nil)
		v.listed(when, p, false)
	}
}

// listed checks whether both lists, of the place and of the visitor, say that it is a member.
func (v *visitor) listed(when, path string, member bool) {
	v.t.Helper()
	var at struct{ Members []string }
	var of struct{ Groups, Rooms []string }
	v.must(http.MethodGet, path, nil, http.StatusOK, &at)
	v.must(http.MethodGet, "/ctx/nibbles", nil, http.StatusOK, &of)
	in := slices.ContainsFunc(append(of.Groups, of.Rooms...), func(id string) bool { return path == "/groups/"+id || path == "/rooms/"+id })
	if in != member || slices.Contains(at.Members, "nibbles") != member {
		v.t.Errorf("%s: %s has %v, and the visitor is in %v; want %v", when, path, at.Members, of, member)
	}
}

// vanish cuts the visitor off, which its friend hears later.
func (v *visitor) vanish() { v.here.conn.Cut() }

// missed waits until the friend has heard that the visitor is gone.
func (v *visitor) missed() {
	v.t.Helper()
	v.friend.sees("nibbles", false)
}
