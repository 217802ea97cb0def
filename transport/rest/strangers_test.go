package rest_test

import (
	"fmt"
	"testing"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
)

const (
	psst = `{"speaker":"eve","content":{"media":0,"body":"psst"},"ts":300,"n":1}`
	eve  = `{"id":"eve","online":true,"ts":300,"recent":` + psst + `}`
)

// Section 6.2: who was met last comes first, passengers are no strangers, and a page is cut from the front.
func TestStrangers(t *testing.T) {
	t.Parallel()
	check(t, attributed, []request{
		{name: "ids", method: "GET", target: "/ctx/tom/strangers", status: 200, want: `["eve","adam","zoe"]`},
		{
			name: "detail", method: "GET", target: "/ctx/tom/strangers/?detail", status: 200,
			want: `[` + eve + `,{"id":"adam","online":false,"ts":100},{"id":"zoe","online":false,"ts":100}]`,
		},
		{name: "page", method: "GET", target: "/ctx/tom/strangers?skip=1&limit=1", status: 200, want: `["adam"]`},
		{name: "past the end", method: "GET", target: "/ctx/tom/strangers?skip=9", status: 200, want: `[]`},
		{name: "far past the end", method: "GET", target: "/ctx/tom/strangers?skip=1e300&detail", status: 200, want: `[]`},
		{name: "odd page", method: "GET", target: "/ctx/tom/strangers?skip=-1&limit=0", status: 200, want: `["eve","adam","zoe"]`},
		{name: "no numbers", method: "GET", target: "/ctx/tom/strangers?skip=x&limit=NaN", status: 200, want: `["eve","adam","zoe"]`},
		{name: "some", method: "GET", target: "/ctx/tom/strangers?ids=zoe,nobody,eve,p1", status: 200, want: `["eve","zoe"]`},
		{name: "one in detail", method: "GET", target: "/ctx/tom/strangers?detail&ids=eve", status: 200, want: `[` + eve + `]`},
		{name: "none named", method: "GET", target: "/ctx/tom/strangers?ids=", status: 200, want: `["eve","adam","zoe"]`},
		{name: "of a loner", method: "GET", target: "/ctx/loner/strangers", status: 200, want: `[]`},
		{name: "of a loner in detail", method: "GET", target: "/ctx/loner/strangers?detail", status: 200, want: `[]`},
		{name: "of nobody", method: "GET", target: "/ctx/nobody/strangers", status: 404, want: notFound},
		{name: "post", method: "POST", target: "/ctx/tom/strangers", status: 405, want: noWay},

		{name: "one", method: "GET", target: "/ctx/tom/strangers/eve", status: 200, want: eve},
		{name: "one who is silent", method: "GET", target: "/ctx/tom/strangers/adam", status: 200, want: `{"id":"adam","online":false,"ts":100}`},
		{name: "never met", method: "GET", target: "/ctx/tom/strangers/jerry", status: 404, want: notFound},
		{name: "a passenger", method: "GET", target: "/ctx/tom/strangers/p1", status: 404, want: notFound},
		{name: "one of nobody's", method: "GET", target: "/ctx/nobody/strangers/tom", status: 404, want: notFound},
		{name: "illegal id", method: "GET", target: "/ctx/tom/strangers/a.b", status: 400, want: illegal},

		{name: "history", method: "GET", target: "/ctx/tom/strangers/eve/chats", status: 200, want: `[` + psst + `]`},
		{name: "history, other side", method: "GET", target: "/ctx/eve/strangers/tom/chats?limit=1", status: 200, want: `[` + psst + `]`},
		{name: "no history", method: "GET", target: "/ctx/tom/strangers/nobody/chats", status: 200, want: `[]`},
		{name: "history with an illegal id", method: "GET", target: "/ctx/tom/strangers/a:b/chats", status: 400, want: illegal},
	})
}

// A page has 20 unless it is said otherwise, those that are named up to 100, and never more: each costs a read.
func TestStrangers_PageIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users["tom"] = true
	ids := "ids=x"
	for i := range 150 {
		peer := fmt.Sprintf("s%03d", i)
		w.contacts["tom"] = append(w.contacts["tom"], dispatch.Contact{Relation: im.StrangerRelation, Peer: peer, Since: im.Millis(1000 - i)})
		ids += "," + peer
	}
	for query, want := range map[string]int{"": 20, "limit=1000": 100, "limit=30": 30, ids: 100, ids + "&limit=30": 30, "skip=140": 10} {
		if n := count(t, ask(newHandler(w), "GET", "/ctx/tom/strangers?detail&"+query, "", nil).Body.Bytes()); n != want {
			t.Errorf("%.20s: %d strangers, want %d", query, n, want)
		}
	}
	if w.most > 16 {
		t.Errorf("%d reads at once, want at most 16", w.most)
	}
}
