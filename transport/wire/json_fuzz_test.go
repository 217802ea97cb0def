package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/wiretest"
)

// Three rules, and no others, part this package from encoding/json; the targets below hold it to that.
//
//   - Text that is not UTF-8 is refused; encoding/json replaces what is wrong.
//   - Text nested deeper than MaxNesting is refused; encoding/json goes on to 10,000.
//   - Keys match fields in their exact case; encoding/json also takes other cases where the exact one is missing.
//
// Nothing else does: of equal keys the last counts and objects merge, half a surrogate pair becomes U+FFFD, numbers beyond
// float64 or not whole where a whole one is wanted are refused, null leaves a field alone.

// jsonSeeds are texts at which parsers are known to differ.
var jsonSeeds = []string{
	`{"":"\00000000000000000000000000000"}`, // a false escape in a long string, which sonic passes over
	``, ` `, `null`, `true`, `nul`, `nulll`, `{}`, `[]`, ` [ 1 , 2 ] `, `[1,]`, `[1 2]`, `{"a"}`, `{"a":1,}`, `{}x`, `{} {}`, `[{}]]`,
	`0`, `-0`, `-`, `01`, `1.`, `.5`, `1e`, `1e+`, `1E-7`, `0x1`, `1e308`, `1e309`, `-1e999`, `9007199254740993`, `123456789012345678901234567890`, `NaN`,
	`""`, `"\ud800"`, `"\ud83d\ude00"`, `"\udc00\ud800"`, `"\q"`, `"\u12"`, `"\u0000"`, "\"\x00\"", "\"\x1f\"", "\"\x7f\"", "\"\u2028\"", "\"\xff\"", "\ufeff{}",
	`{"x":"\q"}`, "{\"x\":\"\x1f\"}", `{"x":[tru]}`, `{"x":01}`, `{"\u0061":1}`, `{"a":1,"a":{"b":2},"a":{"c":3}}`,
	`{"to":{"id":"j","type":1.0}}`, `{"to":{"id":"j"},"to":{"type":2}}`, `{"to":{"id":5}}`, `{"to":null,"content":{"media":2147483648}}`,
	`{"To":{"id":"j"}}`, `{"content":{"media":-0,"body":[ 1.50 ]}}`, `{"install":"i","installId":7}`, `{"remark": "x" , "push" :{ }}`,
	"{}\x00", "{}\u00a0", strings.Repeat("[", MaxNesting) + strings.Repeat("]", MaxNesting), strings.Repeat("[", MaxNesting+1) + strings.Repeat("]", MaxNesting+1),
	strings.Repeat(`{"a":`, MaxNesting) + "1" + strings.Repeat("}", MaxNesting), strings.Repeat("[", 1000),
}

// saySeeds are the messages of the tables of package wiretest.
func saySeeds() (texts []string) {
	for _, tc := range wiretest.Says {
		texts = append(texts, tc.Text)
	}
	return texts
}

func addSeeds(f *testing.F, seeds ...[]string) {
	for _, list := range seeds {
		for _, s := range list {
			f.Add([]byte(s))
		}
	}
}

// nesting returns how deep the arrays and objects of valid JSON nest, by the standard parser.
func nesting(t *testing.T, data []byte) (deepest int) {
	t.Helper()
	depth := 0
	eachToken(t, data, func(token json.Token) {
		switch token {
		case json.Delim('['), json.Delim('{'):
			depth++
			deepest = max(deepest, depth)
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
	})
	return deepest
}

func eachToken(t *testing.T, data []byte, visit func(json.Token)) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber() // a number out of range is a token, too
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%q is valid, but %v", data, err)
		}
		visit(token)
	}
}

// foreign reports whether the rules keep data out that encoding/json may take.
func foreign(t *testing.T, data []byte) bool {
	t.Helper()
	return !utf8.Valid(data) || json.Valid(data) && nesting(t, data) > MaxNesting
}

// Valid holds exactly for what encoding/json holds valid, but for the rules. With sonic's own Valid, or its decoder, in its
// place the seeds fail at once.
func FuzzValid(f *testing.F) {
	addSeeds(f, jsonSeeds, saySeeds())
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, want := Valid(data), json.Valid(data) && !foreign(t, data); got != want {
			t.Errorf("Valid(%q) = %v, want %v", data, got, want)
		}
	})
}

// Unmarshal takes what encoding/json takes, with the same value, and refuses the rest as Invalid: into anything, and into
// the structs that clients' texts are read into.
func FuzzUnmarshal(f *testing.F) {
	addSeeds(f, jsonSeeds, saySeeds())
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, v := range []any{new(any), new(raw), new(string), new(sayJSON), new(authJSON), new(installJSON), new(bodyJSON)} {
			agree(t, data, v)
		}
	})
}

// bodyJSON is shaped like the bodies that package rest reads.
type bodyJSON struct {
	Name    any `json:"name"`
	Members any `json:"members"`
}

// agree compares both parsers on a value like v, which is a pointer to a zero one.
func agree(t *testing.T, data []byte, v any) {
	t.Helper()
	want := reflect.New(reflect.TypeOf(v).Elem()).Interface()
	err, wantErr := Unmarshal(data, v), json.Unmarshal(data, want)
	switch {
	case err != nil && im.KindOf(err) != im.Invalid:
		t.Errorf("Unmarshal(%q) into %T: %v is not of kind Invalid", data, v, err)
	case foreign(t, data):
		if err == nil {
			t.Errorf("Unmarshal(%q) into %T was to be refused", data, v)
		}
	case json.Valid(data) && folds(t, data, v): // the third rule
	case (err == nil) != (wantErr == nil):
		t.Errorf("Unmarshal(%q) into %T: %v, the standard says %v", data, v, err, wantErr)
	case err == nil && !reflect.DeepEqual(v, want):
		t.Errorf("Unmarshal(%q) = %#v, the standard gives %#v", data, v, want)
	}
}

// folds reports whether a string in valid JSON, which may be a key, is like the name of one of v's fields but for its case.
func folds(t *testing.T, data []byte, v any) (found bool) {
	t.Helper()
	names := fieldNames(reflect.TypeOf(v).Elem())
	eachToken(t, data, func(token json.Token) {
		key, _ := token.(string)
		for _, name := range names {
			found = found || key != name && strings.EqualFold(key, name)
		}
	})
	return found
}

func fieldNames(t reflect.Type) (names []string) {
	if t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		names = append(names, t.Field(i).Tag.Get("json"))
		names = append(names, fieldNames(t.Field(i).Type)...)
	}
	return names
}

// What Marshal writes is compact JSON that encoding/json reads back as the value that was given, raw parts included; what
// AppendString writes, as the text.
func FuzzMarshal(f *testing.F) {
	addSeeds(f, jsonSeeds, []string{"tom", "a\"\\\b\f\n\r\t\x00\x7f", "汤姆😀\u2028\u2029", "\xff\xc0x"})
	f.Fuzz(func(t *testing.T, data []byte) {
		checkString(t, string(data))
		var v any
		if json.Unmarshal(data, &v) != nil {
			return
		}
		text, err := Marshal(v)
		if err != nil {
			t.Fatalf("Marshal(%#v): %v", v, err)
		}
		checkText(t, text, v)
		wrapped, err := Marshal(map[string]any{"raw": json.RawMessage(text), "again": v})
		if err != nil {
			t.Fatalf("Marshal of raw %s: %v", text, err)
		}
		checkText(t, wrapped, map[string]any{"raw": v, "again": v})
	})
}

// checkText checks that text is compact JSON, and that it says want.
func checkText(t *testing.T, text []byte, want any) {
	t.Helper()
	var got any
	var compact bytes.Buffer
	if err := errors.Join(json.Unmarshal(text, &got), json.Compact(&compact, text)); err != nil || !utf8.Valid(text) {
		t.Fatalf("%q is no JSON: %v", text, err)
	}
	if !reflect.DeepEqual(got, want) || compact.Len() != len(text) {
		t.Errorf("%s says %#v, want %#v", text, got, want)
	}
}

// checkString checks that AppendString writes s as a JSON string that reads back as it was, with U+FFFD for what is not UTF-8,
// and free of what old JavaScript takes for the end of a line.
func checkString(t *testing.T, s string) {
	t.Helper()
	var got string
	text := AppendString(nil, s)
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if want := string([]rune(s)); got != want || bytes.ContainsAny(text, "\u2028\u2029\n\r") || !utf8.Valid(text) {
		t.Errorf("%q became %q, which reads %q; want %q", s, text, got, want)
	}
}
