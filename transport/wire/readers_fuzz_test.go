package wire

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/alloctest"
	"github.com/parley-im/parley/transport/wiretest"
)

// wantInvalid fails the test unless a reader that refused in did so as it promises.
func wantInvalid(t *testing.T, in []byte, err error) {
	t.Helper()
	if _, ok := err.(*im.Error); !ok || im.KindOf(err) != im.Invalid { //nolint:errorlint // the readers promise no less
		t.Errorf("%q: %v is no *im.Error of kind Invalid", in, err)
	}
}

// What ParseSay lets through is stored and sent to others: every part is what Say's fields promise by the standard parser's
// measure. Written anew it reads the same, and so does the text of an object in a string, as v3 sends it, which may be no JSON.
func FuzzParseSay(f *testing.F) {
	addSeeds(f, saySeeds(), jsonSeeds)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Say{}, error(errMalformed)
		if Valid(data) { // as ParseEvent has made sure
			s, err = ParseSay(trimmed(data))
		}
		if startsObject(data) && utf8.Valid(data) {
			quoted, qerr := ParseSay(AppendString(nil, string(data)))
			if (err == nil) != (qerr == nil) || !reflect.DeepEqual(s, quoted) {
				t.Errorf("%s is %+v, %v; in a string it is %+v, %v", data, s, err, quoted, qerr)
			}
		}
		if err != nil {
			wantInvalid(t, data, err)
			return
		}
		checkSay(t, s)
		if again, err := ParseSay(written(s)); err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%+v, written anew, is %+v, %v", s, again, err)
		}
	})
}

func checkSay(t *testing.T, s Say) {
	t.Helper()
	for name, ok := range map[string]bool{
		"target": im.UserID(s.ToID).Valid() && s.ToType >= ToFriend && s.ToType <= ToStranger,
		"body":   isJSON(s.Body) && s.Body[0] != 'n',
		"ack":    s.Ack == nil || isJSON(s.Ack) && len(s.Ack) <= maxNumberLen && s.Ack[0] <= '9',
		"push":   s.Push == nil || isJSON(s.Push) && s.Push[0] == '{',
		"remark": utf8.ValidString(s.Remark),
		"id":     s.ID == "" || im.ValidMessageID(s.ID),
	} {
		if !ok {
			t.Errorf("%s of %+v is not what it should be", name, s)
		}
	}
}

func isJSON(v []byte) bool { return json.Valid(v) && utf8.Valid(v) }

// written is s as a v4 client would send it.
func written(s Say) []byte {
	optional := func(v []byte) []byte { return appendRaw(nil, v) }
	b := fmt.Appendf(nil, `{"to":{"id":%q,"type":%d},"content":{"media":%d,"body":%s},"ack":%s,"push":%s`,
		s.ToID, s.ToType, s.Media, s.Body, optional(s.Ack), optional(s.Push))
	if s.ID != "" {
		b = fmt.Appendf(b, `,"id":%q`, s.ID)
	}
	return append(AppendString(append(b, `,"remark":`...), s.Remark), '}')
}

var authSeeds = []string{
	`{"app":"a","sign":"0,1","client":"tom"}`, `{"auth":"{\"client\":\"x\"}"}`, `{"auth":{"client":"x"},"client":"y"}`, `{"passenger":{"id":"x"}}`,
	`{"app`, `null`, `{"oauth":{}}`, `{"oauth":{"qq":[]},"install":"i","notifyAll":true}`, `{"Client":"x"}`, `{"client":"\ud800"}`, `{"passenger":{"a":"` + "\x01" + `"}}`,
}

// What ParseAuth takes is an object by the standard parser's measure, and its parts are what that parser finds. A CONNECT
// that carries the login as text or as an object says the same; whatever else a CONNECT says is refused properly, or is a
// login that can be decided about.
func FuzzParseAuth(f *testing.F) {
	for _, tc := range wiretest.Logins {
		f.Add([]byte(tc.Text))
	}
	addSeeds(f, authSeeds, jsonSeeds)
	f.Fuzz(func(t *testing.T, data []byte) {
		checkConnectAuth(t, data)
		a, err := ParseAuth(string(data))
		if err != nil {
			wantInvalid(t, data, err)
			return
		}
		checkAuth(t, data, a)
		text := append(AppendString([]byte(`{"auth":`), string(data)), '}')
		if got, err := ParseConnectAuth(text); len(text) <= maxAuthLen && (err != nil || !reflect.DeepEqual(got, a)) {
			t.Errorf("%s in a CONNECT is %+v, %v; want %+v", text, got, err, a)
		}
		object := fmt.Appendf(nil, `{"auth":%s}`, data)
		if got, err := ParseConnectAuth(object); nesting(t, data) < MaxNesting && len(object) <= maxAuthLen && (err != nil || !reflect.DeepEqual(got, a)) {
			t.Errorf("%s in a CONNECT is %+v, %v; want %+v", object, got, err, a)
		}
	})
}

// checkAuth compares a with what the standard parser finds.
func checkAuth(t *testing.T, data []byte, a Auth) {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil || fields == nil {
		t.Fatalf("%q was accepted: %v", data, err)
	}
	for name, got := range map[string]string{
		"app": string(a.App), "sign": a.Sign, "client": string(a.Client), "username": a.Username, "phone": a.Phone, "password": a.Password,
	} {
		var want string
		if json.Unmarshal(fields[name], &want) != nil {
			want = ""
		}
		if got != want {
			t.Errorf("%s: %s is %q, want %q", data, name, got, want)
		}
	}
	for name, got := range map[string][]byte{"oauth": a.OAuth, "passenger": a.Passenger} {
		if want := object(fields[name]); string(got) != string(want) {
			t.Errorf("%s: %s is %s, want %s", data, name, got, want)
		}
	}
	if want := string(fields["notifyAll"]) == "true"; a.NotifyAll != want {
		t.Errorf("%s: notifyAll is %v", data, a.NotifyAll)
	}
}

// checkConnectAuth takes data for what a client of revision 4 says in its CONNECT.
func checkConnectAuth(t *testing.T, data []byte) {
	t.Helper()
	a, err := ParseConnectAuth(data)
	switch {
	case err != nil:
		wantInvalid(t, data, err)
	case !json.Valid(data):
		t.Errorf("%q was accepted", data)
	case a.OAuth != nil && !isJSON(a.OAuth), a.Passenger != nil && !isJSON(a.Passenger), a.Mode() > ModePassenger:
		t.Errorf("%q became %+v", data, a)
	}
}

// ParseEvent cuts by hand what the standard parser would cut: it takes every array that begins with a string, and nothing
// else, and finds the same name and argument. Whatever passes for the argument of a logout, what ParseLogout lets through may
// name an actor, and says the same when it is sent again.
func FuzzParseEvent(f *testing.F) {
	for _, tc := range wiretest.Logouts {
		f.Add([]byte(tc.Text))
	}
	addSeeds(f, jsonSeeds, []string{
		`["say",{"a":[1,"]"]}]`, `[ "x" , "\"" ]`, `["x"]`, `["x",`, `["x",1,2]`, `["\ud800",{}]`, `[[],"x"]`, `["x",[],]`, "[\"x\",\"\x01\"]", `[null]`,
	})
	f.Fuzz(func(t *testing.T, data []byte) {
		checkLogout(t, data)
		name, arg, err := ParseEvent(data)
		var want []json.RawMessage
		var wantName *string
		if !foreign(t, data) && json.Unmarshal(data, &want) == nil && len(want) > 0 && json.Unmarshal(want[0], &wantName) != nil {
			wantName = nil
		}
		switch {
		case err != nil:
			wantInvalid(t, data, err)
			if wantName != nil {
				t.Errorf("%q was refused", data)
			}
		case wantName == nil:
			t.Errorf("%q was accepted as %q, %s", data, name, arg)
		case name != *wantName, len(want) == 1 && arg != nil, len(want) > 1 && string(want[1]) != string(arg):
			t.Errorf("%q: %q, %q; want %q and all of %q", data, name, arg, *wantName, want[1:])
		}
	})
}

func checkLogout(t *testing.T, arg []byte) {
	t.Helper()
	id, err := ParseLogout(arg)
	if err != nil {
		wantInvalid(t, arg, err)
	}
	if id == "" {
		return
	}
	again, aerr := ParseLogout(fmt.Appendf(nil, `{"install":%q}`, id))
	if err != nil || !id.Valid() || aerr != nil || again != id {
		t.Errorf("%q gave %q, %v, and that %q, %v", arg, id, err, again, aerr)
	}
}

const (
	// readSlack is what reading may allocate whatever came: the parser takes a stack of 105 KiB from a pool, which the race
	// detector empties at random, and readAll calls it about six times. readPerByte is what it may for each byte that came, in
	// bytes: the shortest object takes three, and a map.
	readSlack   = 1 << 20
	readPerByte = 1 << 10
)

// Whatever a client sends, reading it allocates in proportion to what came, and not to what it says.
func FuzzReaders_AllocateForWhatCame(f *testing.F) {
	addSeeds(f, jsonSeeds, saySeeds(), authSeeds, []string{`["say",{"to":{"id":"j"},"content":{"body":[{},{},[]]}}]`, `[` + strings.Repeat(`{},`, 3000) + `0]`})
	readAll([]byte(`["x",{}]`)) // the parser is compiled at first use
	readAll([]byte(`{"install":"i"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		alloctest.AtMost(t, readSlack+readPerByte*len(data), "what came", func() { readAll(data) })
	})
}

func readAll(data []byte) {
	var v any
	_ = Unmarshal(data, &v) // what is refused may not cost more, either
	_, _ = ParseSay(AppendString(nil, string(data)))
	if Valid(data) {
		_, _ = ParseSay(data)
	}
	_, _ = ParseAuth(string(data))
	_, _ = ParseConnectAuth(data)
	_, _ = ParseLogout(data)
	_, _ = ParsePassenger(data)
	_, _, _ = ParseEvent(data)
}
