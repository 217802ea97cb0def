package rest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
)

// attributed is gathered, with attributes of tom's, a passenger, and strangers that tom talked with.
func attributed(t *testing.T) *world {
	t.Helper()
	w := gathered(t)
	w.attributes[im.User(testApp, "tom")] = []dispatch.Attribute{{Name: "a/b", Value: []byte(`[ 1.0 ]`)}, {Name: "age", Value: []byte(`18`)}, {Name: "name", Value: []byte(`"Tom"`)}}
	w.attributes[im.Passenger(testApp, "p1")] = []dispatch.Attribute{{Name: "page", Value: []byte(`"/"`)}}
	w.contacts["tom"] = []dispatch.Contact{
		{Relation: im.PassengerRelation, Peer: "p1", Since: 900},
		{Relation: im.StrangerRelation, Peer: "adam", Since: 100},
		{Relation: im.StrangerRelation, Peer: "eve", Since: 300},
		{Relation: im.StrangerRelation, Peer: "zoe", Since: 100},
	}
	w.sessions["eve"] = 1
	w.sayAt(t, im.StrangerDialog(testApp, "tom", "eve"), 1, 300, "eve", text(`"psst"`))
	w.sayAt(t, im.PassengerDialog(testApp, "p1", "tom"), 1, 900, "p1", text(`"hello?"`))
	return w
}

// Section 6.4: the five requests that users, groups and rooms have alike.
func TestAttributes(t *testing.T) {
	t.Parallel()
	const toms = `{"a/b":[1.0],"age":18,"name":"Tom"}`
	for _, x := range []struct{ path, all string }{
		{"/ctx/tom", toms},
		{"/groups/g1", `{"level":{"n":3},"name":"cats"}`},
		{"/rooms/r1", `{"level":{"n":3},"name":"cats"}`},
	} {
		check(t, attributed, []request{
			{name: "all of " + x.path, method: "GET", target: x.path + "/attributes", status: 200, want: x.all},
			{name: "all with a slash", method: "GET", target: x.path + "/attributes/", status: 200, want: x.all},
			{name: "merge", method: "POST", target: x.path + "/attributes", body: `{"x":1}`, status: 201},
			{name: "merge nothing", method: "POST", target: x.path + "/attributes/", body: ``, status: 201},
			{name: "replace", method: "PUT", target: x.path + "/attributes", body: `{"x":1}`, status: 201},
			{name: "clear", method: "DELETE", target: x.path + "/attributes", status: 204},
			{name: "clear as SDK v3 does", method: "DELETE", target: x.path + "/attributes/", body: `{}`, status: 204},
			{name: "no such one", method: "GET", target: x.path + "/attributes/none", status: 404, want: notFound},
			{name: "an array", method: "POST", target: x.path + "/attributes", body: `[]`, status: 400, want: illegal},
			{name: "a string", method: "PUT", target: x.path + "/attributes", body: `"x"`, status: 400, want: illegal},
			{name: "malformed", method: "PUT", target: x.path + "/attributes", body: `{"x":}`, status: 400, want: illegal},
			{name: "one is not posted", method: "POST", target: x.path + "/attributes/name", body: `1`, status: 405, want: noWay},
			{name: "nobody's", method: "GET", target: x.path + "9/attributes", status: 404, want: notFound},
			{name: "nobody's one", method: "GET", target: x.path + "9/attributes/name", status: 404, want: notFound},
			{name: "set nobody's", method: "POST", target: x.path + "9/attributes", body: `{}`, status: 404, want: notFound},
			{name: "clear nobody's", method: "DELETE", target: x.path + "9/attributes", status: 404, want: notFound},
		})
	}
	check(t, attributed, []request{
		{name: "a string in quotes", method: "GET", target: "/ctx/tom/attributes/name", status: 200, want: `"Tom"`},
		{name: "a number", method: "GET", target: "/ctx/tom/attributes/age", status: 200, want: `18`},
		{name: "an escaped name", method: "GET", target: "/ctx/tom/attributes/a%2Fb", status: 200, want: `[ 1.0 ]`},
		{name: "a path is no name", method: "GET", target: "/ctx/tom/attributes/a/b", status: 404, want: notFound},
		{name: "of none", method: "GET", target: "/ctx/jerry/attributes", status: 200, want: `{}`},
		{name: "illegal user", method: "POST", target: "/ctx/a.b/attributes", body: `{}`, status: 400, want: illegal},
		{name: "in the user", method: "GET", target: "/ctx/tom", status: 200, want: `{"id":"tom","sessions":0,"installs":["phone","tablet"],"friends":[],"groups":["g1","g2"],"rooms":["r1"],"attributes":` + toms + `,"ts":5000}`},
	})
}

// What the body says reaches the actors as it came: values with their text, null to take away, of doubles the last.
func TestAttributes_KeepTheTextOfValues(t *testing.T) {
	t.Parallel()
	w := attributed(t)
	h := newHandler(w)
	body := `{"a":1,"b":{"x": [1e2]},"a":"\u00e9","gone":null,"":0}`
	for _, method := range []string{"POST", "PUT"} {
		if got := ask(h, method, "/ctx/tom/attributes", body, nil); got.Code != 201 || got.Body.Len() > 0 {
			t.Fatalf("%s: %d %s", method, got.Code, got.Body)
		}
		got := fmt.Sprintf("%s %v", w.changed.Set, w.changed.Replace)
		if want := fmt.Sprintf(`[{a "\u00e9"} {b {"x": [1e2]}} {gone null} { 0}] %v`, method == "PUT"); got != want {
			t.Errorf("%s: %s, want %s", method, got, want)
		}
	}
	ask(h, "DELETE", "/ctx/tom/attributes/", "", nil)
	if c := w.changed; !c.Replace || len(c.Set)+len(c.Unset) > 0 {
		t.Errorf("DELETE: %+v", c)
	}
}

// More names than an object may have are refused before they cost anything. Checked by breaking it: without the bound in
// wire.ParseObject, which leaves room for an id, the refusal is left to the actors, and here it is a 201.
func TestAttributes_TooManyAreRefused(t *testing.T) {
	t.Parallel()
	for n, status := range map[int]int{im.MaxAttributes: 201, im.MaxAttributes + 2: 400} {
		var body strings.Builder
		body.WriteString(`{"n0":0`)
		for i := range n {
			fmt.Fprintf(&body, `,"n%d":%d`, i, i) // n0 twice
		}
		got := ask(newHandler(attributed(t)), "POST", "/rooms/r1/attributes", body.String()+"}", nil)
		if got.Code != status || status == 400 && !strings.HasPrefix(got.Body.String(), long) {
			t.Errorf("%d names: %d %s", n, got.Code, got.Body)
		}
	}
}

// A group or room can be made and changed with attributes, among which the name counts more (section 13).
func TestGatherings_TakeAttributes(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"attributes":{"level":3,"name":"dogs"}}`:               `"attributes":{"level":3,"name":"dogs"},"name":"dogs"}`,
		`{"name":"cats","attributes":{"name":"dogs","open":[]}}`: `"attributes":{"name":"cats","open":[]},"name":"cats"}`,
		`{"name":null,"attributes":null}`:                        `"attributes":{}}`,
	} {
		h := newHandler(gathered(t))
		if got := ask(h, "POST", "/rooms", body, nil); got.Code != 200 {
			t.Fatalf("%s: %d %s", body, got.Code, got.Body)
		}
		if got := ask(h, "GET", "/rooms/room-5", "", nil).Body.String(); !strings.HasSuffix(got, want) {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
	for _, body := range []string{`{"attributes":[]}`, `{"attributes":"x"}`, `{"attributes":7}`} {
		for _, target := range []string{"/rooms", "/rooms/r1"} {
			method := map[string]string{"/rooms": "POST", "/rooms/r1": "PUT"}[target]
			if got := ask(newHandler(gathered(t)), method, target, body, nil); got.Code != 400 || !strings.HasPrefix(got.Body.String(), illegal) {
				t.Errorf("%s %s %s: %d %s", method, target, body, got.Code, got.Body)
			}
		}
	}
}
