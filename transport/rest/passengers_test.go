package rest_test

import (
	"fmt"
	"testing"

	"github.com/parley-im/parley/im"
)

// Section 6.4: passengers are made, merged into and read, with and without the slash that SDK v3 sends.
func TestPassengers(t *testing.T) {
	t.Parallel()
	const hello = `[{"speaker":"p1","content":{"media":0,"body":"hello?"},"ts":900,"n":1}]`
	check(t, attributed, []request{
		{name: "drawn", method: "POST", target: "/passengers", body: `{"name":"x"}`, status: 200, want: `"drawn"`},
		{name: "nothing given", method: "POST", target: "/passengers/", body: ``, status: 200, want: `"drawn"`},
		{name: "null", method: "POST", target: "/passengers/", body: `{"id":null}`, status: 200, want: `"drawn"`},
		{name: "empty id", method: "POST", target: "/passengers/", body: `{"id":""}`, status: 200, want: `"drawn"`},
		{name: "given", method: "POST", target: "/passengers/", body: `{"id":"p2","name":"x"}`, status: 200, want: `"p2"`},
		{name: "illegal id", method: "POST", target: "/passengers", body: `{"id":"a.b"}`, status: 400, want: illegal},
		{name: "number for an id", method: "POST", target: "/passengers", body: `{"id":7}`, status: 400, want: illegal},
		{name: "no object", method: "POST", target: "/passengers", body: `["id"]`, status: 400, want: illegal},
		{name: "list", method: "GET", target: "/passengers", status: 405, want: noWay},

		{name: "attributes, flat", method: "GET", target: "/passengers/p1", status: 200, want: `{"page":"/"}`},
		{name: "by post", method: "POST", target: "/passengers/p1/", status: 200, want: `{"page":"/"}`},
		{name: "unknown", method: "GET", target: "/passengers/p9", status: 404, want: notFound},
		{name: "unknown by post", method: "POST", target: "/passengers/tom", status: 404, want: notFound},
		{name: "illegal", method: "GET", target: "/passengers/a.b", status: 400, want: illegal},

		{name: "history", method: "GET", target: "/passengers/p1/chats/tom?ts=1479000000000&limit=5", status: 200, want: hello},
		{name: "no history", method: "GET", target: "/passengers/p1/chats/jerry/", status: 200, want: `[]`},
		{name: "the other way round", method: "GET", target: "/passengers/tom/chats/p1", status: 200, want: `[]`},
		{name: "history of an illegal passenger", method: "GET", target: "/passengers/a:b/chats/tom", status: 400, want: illegal},
		{name: "history with an illegal user", method: "GET", target: "/passengers/p1/chats/a:b", status: 400, want: illegal},
	})
}

// The id of a passenger is none of its attributes.
func TestPassengers_IDIsNoAttribute(t *testing.T) {
	t.Parallel()
	w := attributed(t)
	ask(newHandler(w), "POST", "/passengers/", `{"name":"x","id":"p1","age":3}`, nil)
	if got := fmt.Sprintf("%s", w.attributes[im.Passenger(testApp, "p1")]); got != `[{page "/"} {name "x"} {age 3}]` {
		t.Errorf("the passenger has %s", got)
	}
}
