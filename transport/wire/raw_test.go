package wire

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

func TestStrings(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		`[]`:                               `[] true`,
		`["a"]`:                            `["a"] true`,
		` [ "a" , [ "b" , [ ] ] , null ] `: `[] false`, // white space in front is no part of a value
		`[ "a" , [ "b" , [ ] ] , null ] `:  `["a" "b"] true`,
		`["a]","b\"[",""]`:                 `["a]" "b\"[" ""] true`,
		`["\u6c64","a"]`:                   `["汤" "a"] true`,
		`["a",1]`:                          `[] false`,
		`["a",true]`:                       `[] false`,
		`["a",{"b":["c"]}]`:                `[] false`,
		`"a"`:                              `[] false`,
		`null`:                             `[] false`,
		``:                                 `[] false`,
	} {
		list, ok := Strings([]byte(value))
		if got := fmt.Sprintf("%q %v", list, ok); got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
}

// A megabyte of arrays in arrays, which a decoder into any makes 134 MiB of, is made nothing of.
//
// Checked by breaking it: with the list decoded into []any it fails.
func TestStrings_MakesNothingOfEmptyArrays(t *testing.T) {
	value := []byte("[" + strings.Repeat("[],", 1<<20/3) + "[]]")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if list, ok := Strings(value); !ok || len(list) != 0 {
		t.Errorf("%d strings, %v", len(list), ok)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("%d bytes for %d", used, len(value))
	}
}

// A client that got a false escape passed on could not read the packet, and would leave: a long one is refused like a short one,
// wherever it stands. Checked by breaking it: with sonic's decoder alone, the long ones pass, in an event or in the text of a message.
func TestParse_RefusesFalseEscapes(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 30, 40, 1000} {
		text := `"\` + strings.Repeat("0", n) + `"`
		if Valid([]byte(text)) {
			t.Errorf("%s is valid", text)
		}
		object := `{"to":{"id":"tom"},"content":{"body":` + text + `}}`
		if _, _, err := ParseEvent([]byte(`["say",` + object + `]`)); err == nil {
			t.Errorf("an event with the body %s passes", text)
		}
		quoted := AppendString(nil, object)
		if _, err := ParseSay(quoted); err == nil || !Valid(quoted) {
			t.Errorf("a message in a string with the body %s passes", text)
		}
	}
}
