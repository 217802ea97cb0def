package rest_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/parley-im/parley/im"
)

// count returns the length of a JSON array.
func count(t *testing.T, body []byte) int {
	t.Helper()
	var list []json.RawMessage
	if err := json.Unmarshal(body, &list); err != nil {
		t.Errorf("%s: %v", body, err)
	}
	return len(list)
}

// Section 6.7: what a query becomes. Numbers that are unusable count as absent, empty sort fields too; any other parameter is
// a filter, whatever it looks like.
func TestSearch_ReadsItsQuery(t *testing.T) {
	t.Parallel()
	where := func(pairs ...string) (list []im.Condition) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, im.Condition{Name: pairs[i], Text: pairs[i+1]})
		}
		return list
	}
	for query, want := range map[string]im.Query{
		"":                             {Limit: 20},
		"_skip=0&_limit=20":            {Limit: 20},
		"_skip=40&_limit=7":            {Skip: 40, Limit: 7},
		"_skip=-1&_limit=-1":           {Limit: 20},
		"_skip=x&_limit=NaN":           {Limit: 20},
		"_skip=1e99&_limit=1e99":       {Skip: 1<<31 - 1, Limit: 100},
		"_skip=&_limit=":               {Limit: 20},
		"_limit=0":                     {Limit: 20},
		"_limit=101":                   {Limit: 100},
		"skip=3&limit=3":               {Limit: 20, Where: where("limit", "3", "skip", "3")},
		"_sort=name":                   {Limit: 20, Sort: []im.SortKey{{Name: "name"}}},
		"_sort=-ts,,name,-,id&_sort=b": {Limit: 20, Sort: []im.SortKey{{Name: "ts", Descending: true}, {Name: "name"}, {Name: "id"}, {Name: "b"}}},
		"_sort=undefined":              {Limit: 20, Sort: []im.SortKey{{Name: "undefined"}}},
		"b=2&a=x%20y&_x=":              {Limit: 20, Where: where("_x", "", "a", "x y", "b", "2")},
		"a=1&a=2":                      {Limit: 20, Where: where("a", "1", "a", "2")},
		"a[$gt]=1&$where=1&=x":         {Limit: 20, Where: where("", "x", "$where", "1", "a[$gt]", "1")},
		"detail":                       {Limit: 20, Where: where("detail", "")},
		"a=%e4%bd%a0&&":                {Limit: 20, Where: where("a", "你")},
	} {
		for path, kind := range map[string]im.Kind{"/ctx": im.KindUser, "/groups": im.KindGroup, "/rooms": im.KindRoom} {
			w := newWorld()
			got := ask(newHandler(w), "GET", path+"?"+query, "", nil)
			want.App, want.Kind = testApp, kind
			if !reflect.DeepEqual(w.query, want) || got.Body.String() != "[]" {
				t.Errorf("%s?%s: %+v, want %+v (%s)", path, query, w.query, want, got.Body)
			}
		}
	}
}

// What is found is answered in the order of the search; groups and rooms that are gone meanwhile are left out.
func TestSearch_AnswersWhatIsFound(t *testing.T) {
	t.Parallel()
	found := func(records ...im.Found) func(*testing.T) *world {
		return func(t *testing.T) *world {
			w := attributed(t)
			w.records = records
			return w
		}
	}
	check(t, found(im.Found{ID: "eve", TS: 7, Body: []byte(`{"age": 3}`)}, im.Found{ID: "tom", TS: 8}), []request{
		{name: "users", method: "GET", target: "/ctx", status: 200, want: `[{"id":"eve","online":true,"ts":7,"attributes":{"age":3}},{"id":"tom","online":false,"ts":8,"attributes":{}}]`},
		{name: "users with a slash", method: "GET", target: "/ctx/?age=3", status: 200, want: `[{"id":"eve",`},
		{name: "post", method: "POST", target: "/ctx", status: 405, want: noWay},
	})
	check(t, found(im.Found{ID: "g2"}, im.Found{ID: "g9"}, im.Found{ID: "g1"}), []request{
		{name: "groups", method: "GET", target: "/groups", status: 200, want: "[" + group2 + "," + group1 + "}]"},
	})
	check(t, found(im.Found{ID: "r1"}), []request{
		{name: "rooms", method: "GET", target: "/rooms/?_skip=0", status: 200, want: "[" + room1 + "]"},
	})
}

// A page of groups is read some at a time, and a failure is told.
func TestSearch_BoundsItsReadsAndTellsFailures(t *testing.T) {
	t.Parallel()
	w := gathered(t)
	for range 100 {
		w.records = append(w.records, im.Found{ID: "g1"})
	}
	if n := count(t, ask(newHandler(w), "GET", "/groups?_limit=100", "", nil).Body.Bytes()); n != 100 || w.most > 16 {
		t.Errorf("%d groups, %d reads at once", n, w.most)
	}
	w.unreadable = im.E("x", im.Unavailable, "")
	if got := ask(newHandler(w), "GET", "/groups", "", nil); got.Code != 503 {
		t.Errorf("groups that cannot be read: %d %s", got.Code, got.Body)
	}
	w.failing = im.E("x", im.TooLong, "")
	for _, path := range []string{"/ctx", "/groups", "/rooms"} {
		if got := ask(newHandler(w), "GET", path, "", nil); got.Code != 400 || !strings.HasPrefix(got.Body.String(), long) {
			t.Errorf("%s: %s", path, fmt.Sprint(got.Code, got.Body))
		}
	}
}

// A filter that cannot be read is not left out, since more would be found than was asked for. Checked by breaking it: with
// the query that net/http reads, which leaves out what is malformed, all users were found.
func TestSearch_WithoutAFilterIsNotASearch(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"a=1&b=%zz", "%=1", "a=1;b=2", "_limit=%zz", strings.Repeat("a=1&", 10_001)} {
		for _, path := range []string{"/ctx", "/groups", "/rooms"} {
			w := newWorld()
			got := ask(newHandler(w), "GET", path+"?"+query, "", nil)
			if got.Code != 400 || !strings.HasPrefix(got.Body.String(), illegal) || w.query.Limit != 0 {
				t.Errorf("%s?%.20s: %d %s, query %+v", path, query, got.Code, got.Body, w.query)
			}
		}
	}
}
