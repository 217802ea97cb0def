package hostile

import (
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
)

// A body that is not the object that it should be is refused with 5001, and changes nothing (section 6.1).
func TestREST_MalformedBodiesAreRefused(t *testing.T) {
	t.Parallel()
	s := lay(t)
	for name, body := range map[string]string{
		"cut off":                 `{"owner":"tom"`,
		"null":                    `null`,
		"text":                    `"tom"`,
		"an array":                `[{"owner":"tom"}]`,
		"two objects":             `{"owner":"tom"}{}`,
		"not UTF-8":               "{\"owner\":\"tom\",\"name\":\"\xc0\xae\"}",
		"in UTF-16":               "\xff\xfe{\x00}\x00",
		"with a byte order mark":  "\ufeff" + `{"owner":"tom"}`,
		"a control character":     "{\"owner\":\"tom\",\"name\":\"\x00\"}",
		"NUL behind":              "{\"owner\":\"tom\"}\x00",
		"an owner by a number":    `{"owner":7}`,
		"an owner by an array":    `{"owner":["tom"]}`,
		"the last owner is none":  `{"owner":"tom","owner":false}`,
		"a name by an object":     `{"owner":"tom","name":{}}`,
		"members by an object":    `{"owner":"tom","members":{"0":"jerry"}}`,
		"a member by an object":   `{"owner":"tom","members":[{"id":"jerry"}]}`,
		"a member by a number":    `{"owner":"tom","members":[1e400]}`,
		"members 10,000 deep":     `{"owner":"tom","members":` + deep(10_000) + `}`,
		"10,000 deep, unread":     `{"owner":"tom","more":` + deep(10_000) + `}`,
		"half a million deep":     `{"owner":"tom","more":` + deep(500_000) + `}`,
		"opened a million times":  strings.Repeat(`{"a":`, 200_000),
		"a string without an end": `{"owner":"` + strings.Repeat(`\\`, 500_000),
	} {
		t.Run(name, func(t *testing.T) {
			s.wantAnswer(t, request("POST", "/groups", body), 400, 5001)
		})
	}
	if got := s.Client().Expect("GET", "/ctx/tom/groups", 200); got != "[]" {
		t.Errorf("tom is in the groups %s", got)
	}
}

// Lists that fit into a body but into no group are refused as a whole (section 6.3).
func TestREST_EnormousListsAreRefused(t *testing.T) {
	t.Parallel()
	s := lay(t)
	var many strings.Builder
	for i := range 130_000 / servertest.Slowdown {
		many.WriteString(`,"u` + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676%26)) + string(rune('a'+i/17576)) + `"`)
	}
	s.wantAnswer(t, request("POST", "/groups", `{"owner":"tom","members":["jerry"`+many.String()+`]}`), 400, 5008)
	s.wantAnswer(t, request("POST", "/rooms", `{"members":["jerry"`+many.String()+`]}`), 400, 5008)
	if got := s.Client().Expect("GET", "/ctx/tom", 200); !strings.Contains(got, `"groups":[]`) {
		t.Errorf("tom is %s", got)
	}
}
