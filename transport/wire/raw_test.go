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
