package hub_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/hub"
)

// all announces all friends in a term: "+tom -bob ?eve"; silent unless loud.
func all(term uint64, loud bool, friends string) *pb.Announce {
	m := some(term, loud, friends)
	m.Whole = true
	return m
}

// some announces some of them.
func some(term uint64, loud bool, friends string) *pb.Announce {
	m := &pb.Announce{Term: term, Silent: !loud}
	for _, f := range strings.Fields(friends) {
		switch f[0] {
		case '+':
			m.Online = append(m.Online, f[1:])
		case '-':
			m.Offline = append(m.Offline, f[1:])
		default:
			m.Unsure = append(m.Unsure, f[1:])
		}
	}
	return m
}

// heard returns what a session heard since it was last asked: "+tom -bob".
func (s *session) heard() string {
	var of []string
	for _, text := range s.got() {
		text = strings.TrimSuffix(strings.TrimPrefix(text, `42/chat,["`), `"]`)
		event, who, _ := strings.Cut(text, `","`)
		of = append(of, map[string]string{"online": "+", "offline": "-"}[event]+who)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frames = nil
	return strings.Join(of, " ")
}

// Sessions hear of friends what they do not know: not what was so when they came, not what they have heard, and whatever is
// different, also when an actor that has moved says how all are.
//
// Checked by breaking it: it fails when what an earlier owner announces counts, when those are forgotten who are not named, and
// when what nobody knows counts as offline.
func TestHub_HearsTheDifference(t *testing.T) {
	t.Parallel()
	f, s := newFixture(), &session{id: "s"}
	join(f.Hub, app, jerry, s)
	for _, step := range []struct {
		what string
		m    *pb.Announce
		want string
	}{
		{"a friend comes before all are known", some(1, true, "+tom"), "+tom"},
		{"another one is there", some(1, false, "+bob"), ""},
		{"how all were when the session came", all(1, false, "+tom +bob ?eve"), ""},
		{"the same for another session", all(1, false, "+tom +bob ?eve"), ""},
		{"one answers late", some(1, true, "-eve"), "-eve"},
		{"and again", some(1, true, "-eve"), ""},
		{"one goes, who was there when the session came", some(1, true, "-bob"), "-bob"},
		{"one comes, of whom nothing was said", some(1, true, "+spike"), "+spike"},
		{"the next owner says how all are", all(2, true, "+tom +bob +spike -eve"), "+bob"},
		{"the one before says something else", some(1, true, "-tom"), ""},
		{"says it of all", all(1, true, "-tom -bob -spike -eve"), ""},
		{"the next owner but one does not know of all", all(3, true, "+eve -spike ?tom ?bob"), "+eve -spike"},
		{"it is so still", some(3, true, "+tom"), ""},
		{"it is not", some(3, true, "-bob"), "-bob"},
		{"a friendship ends", some(3, false, "?tom"), ""},
		{"it begins again, with who is there", some(3, false, "+tom"), ""},
		{"who is not named is not there", all(3, false, "+tom"), "-eve"},
		{"it ends while the actor moves", some(4, false, "?tom"), ""},
		{"who is no friend did not go", all(4, true, ""), ""},
	} {
		f.Announce(im.User(app, jerry), step.m)
		if got := s.heard(); got != step.want {
			t.Errorf("%s: heard %q, want %q", step.what, got, step.want)
		}
	}
}

// A session of which an owner died before it had told of all hears from the next what may have changed since it came.
func TestHub_HearsOfAllWhenNothingIsKnown(t *testing.T) {
	t.Parallel()
	f, s := newFixture(), &session{id: "s"}
	join(f.Hub, app, jerry, s)
	f.Announce(im.User(app, jerry), all(2, true, "+tom -bob ?eve"))
	if got := s.heard(); got != "+tom -bob" {
		t.Errorf("heard %q, want what is known of all", got)
	}
}

// What a user's sessions believe goes with the last of them. One that is not let in yet hears nothing, and is told by what came
// before it was.
func TestHub_BeliefsGoWithTheSessions(t *testing.T) {
	t.Parallel()
	f, a, b := newFixture(), &session{id: "a"}, &session{id: "b"}
	who := im.User(app, jerry)
	f.Enter(who, a, false)
	f.Announce(who, all(2, false, ""))
	f.Announce(who, some(2, true, "+tom"))
	f.Admit(who, a)
	f.Announce(who, some(2, true, "+tom"))
	if got := a.heard(); got != "" {
		t.Errorf("heard %q of what was so when it was let in", got)
	}
	f.Leave(who, a)
	join(f.Hub, app, jerry, b)
	f.Announce(who, some(1, true, "+tom"))
	if got := b.heard(); got != "+tom" {
		t.Errorf("heard %q, want what is news to it", got)
	}
}

// Of a user with too many friends online it is forgotten what sessions believe, and they hear again what they know, rather than
// nothing.
func TestHub_ManyFriendsAreForgotten(t *testing.T) {
	t.Parallel()
	f, s := newFixture(), &session{id: "s"}
	join(f.Hub, app, jerry, s)
	who := im.User(app, jerry)
	f.Announce(who, all(1, false, ""))
	for i := range hub.MaxFriends + 1 {
		f.Announce(who, some(1, true, fmt.Sprint("+u", i)))
	}
	s.heard()
	f.Announce(who, some(1, true, "-u0"))
	f.Announce(who, some(1, true, "+u1"))
	if got := s.heard(); got != "-u0 +u1" {
		t.Errorf("heard %q", got)
	}
}

// Whatever is announced, a session hears what is so of whom somebody knows, if it is news or something else than it
// believes: as a table does that holds every friend.
func TestHub_FriendsAgreeWithATable(t *testing.T) {
	t.Parallel()
	ids := []string{"a", "b", "c"}
	rapid.Check(t, func(t *rapid.T) {
		f, s := newFixture(), &session{id: "s"}
		join(f.Hub, app, jerry, s)
		table := map[string]string{} // "+", "-"; "" = nobody knows
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			whole, loud := rapid.Bool().Draw(t, "whole"), rapid.Bool().Draw(t, "loud")
			said := map[string]string{}
			var named []string
			for _, id := range ids {
				if sign := rapid.SampledFrom([]string{"+", "-", "?", ""}).Draw(t, id); sign != "" {
					said[id] = sign
					named = append(named, sign+id)
				}
			}
			m := some(1, loud, strings.Join(named, " "))
			m.Whole = whole
			f.Announce(im.User(app, jerry), m)
			var want []string
			for _, id := range ids {
				is, before := said[id], table[id]
				switch {
				case is == "?" && whole, is == "" && !whole:
				case is == "?":
					table[id] = ""
				case is == "":
					table[id] = "-"
					if before == "+" {
						want = append(want, "-"+id)
					}
				default:
					table[id] = is
					if is != before && (before != "" || loud) {
						want = append(want, is+id)
					}
				}
			}
			got := strings.Fields(s.heard())
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("%v: heard %v, want %v", m, got, want)
			}
		}
	})
}
