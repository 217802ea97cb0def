package rest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/rest"
)

// ofMany is a handler on a world with a group and a room of 2,500 members.
func ofMany(t *testing.T) *rest.Handler {
	t.Helper()
	w := gathered(t)
	all := make([]im.UserID, 2500)
	for i := range all {
		all[i] = im.UserID(fmt.Sprint("u", i+1))
	}
	w.gatherings[im.Group(testApp, "crowd")] = &dispatch.Gathering{Owner: "u1", Members: all}
	w.gatherings[im.Room(testApp, "crowd")] = &dispatch.Gathering{Members: all}
	return newHandler(w)
}

type memberPage struct {
	Members []string
	Last    uint64
	More    bool
}

func readMembers(t *testing.T, h http.Handler, target string) (p memberPage) {
	t.Helper()
	got := ask(h, "GET", target, "", nil)
	if err := json.Unmarshal(got.Body.Bytes(), &p); err != nil || got.Code != http.StatusOK {
		t.Fatalf("%s: %d %.80s %v", target, got.Code, got.Body, err)
	}
	return p
}

// A page has its members, the number that the next one comes after, and whether there is one; 100 members unless limit says
// otherwise, at most 1000. What is unusable of limit counts as absent, as ever.
func TestMembers_ArePaged(t *testing.T) {
	t.Parallel()
	check(t, gathered, []request{
		{name: "group", method: "GET", target: "/groups/g1/members", status: 200, want: `{"members":["tom","jerry"],"last":6,"more":false}`},
		{name: "room", method: "GET", target: "/rooms/r1/members/", status: 200, want: `{"members":["jerry","tom"],"last":6,"more":false}`},
		{name: "one", method: "GET", target: "/rooms/r1/members?limit=1", status: 200, want: `{"members":["jerry"],"last":3,"more":true}`},
		{name: "the next", method: "GET", target: "/rooms/r1/members?limit=1&after=3", status: 200, want: `{"members":["tom"],"last":6,"more":false}`},
		{name: "none", method: "GET", target: "/rooms/r1/members?after=6", status: 200, want: `{"members":[],"last":6,"more":false}`},
		{name: "of nobody", method: "GET", target: "/rooms/nobody/members", status: 200, want: `{"members":[],"last":0,"more":false}`},
		{name: "from the beginning", method: "GET", target: "/groups/g1/members?after=0", status: 200, want: `{"members":["tom","jerry"],"last":6,"more":false}`},
		{name: "of no group", method: "GET", target: "/groups/r1/members", status: 404, want: notFound},
		{name: "of an illegal room", method: "GET", target: "/rooms/a.b/members", status: 404, want: notFound},
	})
	h := ofMany(t)
	for query, want := range map[string]int{
		"": 100, "limit=": 100, "limit=0": 100, "limit=-1": 100, "limit=x": 100, "limit=NaN": 100, "limit=1": 1, "limit=7.9": 7,
		"limit=101": 101, "limit=1000": 1000, "limit=1001": 1000, "limit=1e300": 1000, "limit=%zz": 100,
	} {
		for _, route := range []string{"/groups/crowd/members?", "/rooms/crowd/members?"} {
			if p := readMembers(t, h, route+query); len(p.Members) != want || !p.More {
				t.Errorf("%s%s: %d members, more: %v; want %d", route, query, len(p.Members), p.More, want)
			}
		}
	}
}

// Whoever asks again with after = last gets every member once.
func TestMembers_GoFromPageToPage(t *testing.T) {
	t.Parallel()
	h := ofMany(t)
	for _, route := range []string{"/groups/crowd/members", "/rooms/crowd/members"} {
		for _, limit := range []int{7, 1000} {
			n, p := 0, memberPage{More: true}
			for p.More {
				p = readMembers(t, h, fmt.Sprintf("%s?limit=%d&after=%d", route, limit, p.Last))
				for _, u := range p.Members {
					if n++; u != fmt.Sprint("u", n) {
						t.Fatalf("%s by %d: %s is the %dth", route, limit, u, n)
					}
				}
			}
			if n != 2500 {
				t.Errorf("%s by %d: %d members", route, limit, n)
			}
		}
	}
}

// An after that is no number, or is there twice, is refused: a client that pages by it would get the first page for ever.
//
// Checked by breaking it: with what could not be read taken for absent, "%zz" and "5;" give the first page.
func TestMembers_BadAfterIsRefused(t *testing.T) {
	t.Parallel()
	h := newHandler(gathered(t))
	for _, query := range []string{
		"after", "after=", "after=-1", "after=+1", "after=1.0", "after=1e2", "after=0x10", "after=1_000", "after=18446744073709551616",
		"after=" + strings.Repeat("9", 1000), "after=x", "after=%00", "after=" + url.QueryEscape("٣"), "after=%205", "after=5&after=5",
		"after=&after=5", "after=null", "after=%zz", "after=5;", "after=5&after=%zz", "%61fter=%zz",
	} {
		got := ask(h, "GET", "/groups/g1/members?limit=2&"+query, "", nil)
		if got.Code != http.StatusBadRequest || !strings.HasPrefix(got.Body.String(), `{"errorCode":5001,`) {
			t.Errorf("%.40s: %d %.80s, want 400 and 5001", query, got.Code, got.Body)
		}
	}
	if p := readMembers(t, h, "/groups/g1/members?after=18446744073709551615"); len(p.Members) != 0 || p.Last != 1<<64-1 {
		t.Errorf("after the last number: %+v", p)
	}
}
