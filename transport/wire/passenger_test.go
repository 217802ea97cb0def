package wire

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/parley-im/parley/im"
)

func members(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"a%d":%d`, i, i))
	}
	return `{` + strings.Join(list, ",") + `}`
}

// passengerCases are objects of passengers; want is "id: attributes", or the kind of the refusal.
var passengerCases = []struct{ name, in, want string }{
	{"nothing", `{}`, `: `},
	{"an id", `{"id":"p_1-X"}`, `p_1-X: `},
	{"no id", `{"id":null,"a":1}`, `: a=1`},
	{"an empty id", `{"id":"","a":1}`, `: a=1`},
	{"the last id", `{"id":"a b","id":"p"}`, `p: `},
	{"values as they came", ` { "a" : 1.50e1 , "汤\n" : {"id": [ null ]} , "n":null } `, "p"[:0] + `: a=1.50e1 汤` + "\n" + `={"id": [ null ]} n=null`},
	{"the last value", `{"a":1,"b":2,"a":3}`, `: a=3 b=2`},
	{"as many as may be", members(im.MaxAttributes), ""},
	{"a number as id", `{"id":7}`, "illegal parameter"},
	{"a foul id", `{"id":"a b"}`, "illegal parameter"},
	{"a long id", `{"id":"` + strings.Repeat("x", im.MaxIDLen+1) + `"}`, "illegal parameter"},
	{"no object", `["id"]`, "illegal parameter"},
	{"text", `"{}"`, "illegal parameter"},
	{"cut off", `{"a":1`, "illegal parameter"},
	{"more than one", `{}{}`, "illegal parameter"},
	{"too deep", `{"a":` + strings.Repeat("[", MaxNesting) + strings.Repeat("]", MaxNesting) + `}`, "illegal parameter"},
	{"too many", members(im.MaxAttributes + 2), "parameter too long"},
}

// What a passenger says of itself (sections 4 and 6.4): its id, and the rest as its attributes.
func TestParsePassenger(t *testing.T) {
	t.Parallel()
	for _, tc := range passengerCases {
		p, err := ParsePassenger([]byte(tc.in))
		got := string(p.ID) + ": " + showMembers(p.Attributes)
		if err != nil {
			got = im.KindOf(err).String()
		}
		if got != tc.want && tc.want != "" || tc.want == "" && err != nil {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func showMembers(list []Member) string {
	var pairs []string
	for _, m := range list {
		pairs = append(pairs, m.Name+"="+string(m.Value))
	}
	return strings.Join(pairs, " ")
}

// Whatever comes, an object is read as the standard parser reads it, each name once; anything else, or one of too many
// names, is refused.
func FuzzParseObject(f *testing.F) {
	for _, tc := range passengerCases {
		f.Add([]byte(tc.in))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := ParseObject(data)
		var want map[string]json.RawMessage
		isObject := Valid(data) && json.Unmarshal(data, &want) == nil && want != nil
		if fits := isObject && len(want) <= maxMembers; fits != (err == nil) {
			t.Fatalf("%q: %v, but it fits: %v", data, err, fits)
		}
		if err != nil {
			return
		}
		if len(list) != len(want) {
			t.Errorf("%q: %d members, want %d", data, len(list), len(want))
		}
		for _, m := range list {
			if v, ok := want[m.Name]; !ok || string(v) != string(m.Value) {
				t.Errorf("%q: %q is %s, want %s", data, m.Name, m.Value, v)
			}
		}
		if p, err := ParsePassenger(data); err == nil && p.ID != "" && !p.ID.Valid() {
			t.Errorf("%q: id %q", data, p.ID)
		}
	})
}
