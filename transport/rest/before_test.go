package rest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/rest"
)

// chatsRoutes are the routes of histories, with their conversations in world.
var chatsRoutes = map[string]im.Address{
	"/ctx/jerry/friends/tom/chats":   im.FriendDialog(testApp, "tom", "jerry"),
	"/ctx/tom/strangers/jerry/chats": im.StrangerDialog(testApp, "tom", "jerry"),
	"/passengers/visitor/chats/tom":  im.PassengerDialog(testApp, "visitor", "tom"),
	"/groups/g1/chats":               im.Group(testApp, "g1"),
}

// told is a handler on a world in which each of chatsRoutes has 150 messages, numbered from 11 and stamped from base+11.
func told(t *testing.T) (*world, *rest.Handler) {
	t.Helper()
	w := gathered(t)
	for _, at := range chatsRoutes {
		w.history[at] = nil
		for n := uint64(11); n <= 160; n++ {
			w.sayAt(t, at, n, im.Millis(base+n), "tom", text(fmt.Sprint(n)))
		}
	}
	return w, newHandler(w)
}

const base = 1_479_000_000_000

// read returns the numbers of a page.
func read(t *testing.T, h http.Handler, target string) (numbers []uint64) {
	t.Helper()
	got := ask(h, "GET", target, "", nil)
	var page []struct{ N uint64 }
	if err := json.Unmarshal(got.Body.Bytes(), &page); err != nil || got.Code != http.StatusOK {
		t.Fatalf("%s: %d %s %v", target, got.Code, got.Body, err)
	}
	for _, r := range page {
		numbers = append(numbers, r.N)
	}
	return numbers
}

// before=n gives the newest messages with lower numbers, and with ts, those that both admit; oldest first as ever. It does so on
// all routes, also without a majority.
//
// Checked by breaking it: n admitted as well, before instead of ts, and a stale page without before are each noticed.
func TestHistory_BeforeANumber(t *testing.T) {
	t.Parallel()
	w, h := told(t)
	for _, tt := range []struct {
		query       string
		first, last uint64 // 0 = nothing
	}{
		{"limit=3", 158, 160},
		{"before=160&limit=3", 157, 159},
		{"before=161&limit=3", 158, 160},
		{"before=18446744073709551615&limit=3", 158, 160},
		{"before=0000000000000000000000050&limit=2", 48, 49},
		{"before=50", 30, 49},
		{"before=13", 11, 12},
		{"before=12", 11, 11},
		{"before=11", 0, 0},
		{"before=1", 0, 0},
		{"before=50&ts=1479000000040&limit=2", 38, 39},
		{"before=40&ts=1479000000050&limit=2", 38, 39},
		{"before=40&ts=0&limit=2", 38, 39},
		{"ts=1479000000040&limit=2", 38, 39},
	} {
		for _, failing := range []error{nil, im.E("x", im.Unavailable, "")} {
			if w.failing = failing; failing != nil && tt.first == 0 {
				continue // nobody can say then that there is nothing
			}
			for route := range chatsRoutes {
				got, want := read(t, h, route+"?"+tt.query), numbers(tt.first, tt.last)
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%s?%s, %v: %v, want %v", route, tt.query, failing, got, want)
				}
			}
		}
	}
}

func numbers(first, last uint64) (list []uint64) {
	for n := first; n > 0 && n <= last; n++ {
		list = append(list, n)
	}
	return list
}

// Whoever asks again with before = the lowest number received gets every message once.
func TestHistory_PagesByNumber(t *testing.T) {
	t.Parallel()
	_, h := told(t)
	for route := range chatsRoutes {
		for _, limit := range []int{1, 7, 100} {
			var all []uint64
			page := read(t, h, fmt.Sprintf("%s?limit=%d", route, limit))
			for len(page) > 0 {
				all = append(page, all...)
				page = read(t, h, fmt.Sprintf("%s?limit=%d&before=%d", route, limit, page[0]))
			}
			if want := numbers(11, 160); fmt.Sprint(all) != fmt.Sprint(want) {
				t.Errorf("%s by %d: %v", route, limit, all)
			}
		}
	}
}

// A before that is no number above 0, or is there twice, is refused: a client that pages by it would get the newest page for ever.
// What else is wrong with a query counts as absent.
//
// Checked by breaking it: with what could not be read taken for absent, "%zz" and "5;" give the newest page.
func TestHistory_BadBeforeIsRefused(t *testing.T) {
	t.Parallel()
	_, h := told(t)
	for _, query := range []string{
		"before", "before=", "before=0", "before=00", "before=-1", "before=+1", "before=1.0", "before=1e2", "before=0x10", "before=1_000",
		"before=18446744073709551616", "before=" + strings.Repeat("9", 1000), "before=x", "before=NaN", "before=%00", "before=" + url.QueryEscape("٣"),
		"before=%205", "before=5%20", "before=5&before=5", "before=5&before=", "before=&before=5", "before=null",
		"before=%zz", "before=5;", "before=5&before=%zz", "%62efore=%zz",
	} {
		for route := range chatsRoutes {
			got := ask(h, "GET", route+"?limit=2&"+query, "", nil)
			if got.Code != http.StatusBadRequest || !strings.HasPrefix(got.Body.String(), `{"errorCode":5001,`) {
				t.Errorf("%s?%.40s: %d %.80s, want 400 and 5001", route, query, got.Code, got.Body)
			}
		}
	}
	for _, query := range []string{"Before=0", "befor=0", "x=%zz", "x;before=0", "ts=%zz"} {
		if got := read(t, h, "/groups/g1/chats?limit=2&"+query); fmt.Sprint(got) != "[159 160]" {
			t.Errorf("%s: %v, want the newest", query, got)
		}
	}
	if got := ask(h, "GET", "/groups/nothing/chats?before=5", "", nil); got.Code != http.StatusNotFound {
		t.Errorf("no such group: %d %s", got.Code, got.Body)
	}
}
