package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/wire"
)

// Whatever stands in a request line: a path is cut at its slashes and nowhere else, so that an escaped one stays within its
// segment; what was cut, escaped and joined again, is cut alike. A page has 1 to 100 records and its bound is a time or none;
// a whole number of milliseconds, or of seconds, is the time that it says.
func FuzzRequestLine(f *testing.F) {
	for _, s := range []string{
		"", "/", "//", "/ctx/tom/", "/ctx//friends", "/a%2Fb/%74om", "/%zz", "/%", "/%2/x", "ctx/汤姆", "/%ff/%00", "/+/;=?", "/a//",
		"0", "-1", "1", "20", "101", "1e99", "NaN", "Inf", "-Inf", "0x1p-2", "1_0", " 1", "1479000000001", "1479000000", "1479000000.5", "99999999999",
		"100000000000", "4611686018427387904", "4611686018427387910", "9223372036854775807", "18446744073709551616", "1e-320", "٣",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkSplit(t, s)
		checkPage(t, s)
	})
}

func checkSplit(t *testing.T, path string) {
	t.Helper()
	segments, ok := split(path)
	if _, err := url.PathUnescape(path); ok != (err == nil) {
		t.Fatalf("split(%q): ok = %v, but %v", path, ok, err)
	}
	if !ok {
		return
	}
	bare := strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	if whole, _ := url.PathUnescape(bare); len(segments) != strings.Count(bare, "/")+1 || strings.Join(segments, "/") != whole {
		t.Errorf("split(%q) = %q", path, segments)
	}
	joined := "/"
	for _, s := range segments {
		joined += url.PathEscape(s) + "/"
	}
	if again, ok := split(joined); !ok || !slices.Equal(again, segments) {
		t.Errorf("split(%q) = %q, and %q = %q", path, segments, joined, again)
	}
}

// checkPage takes s for a limit, for a number to skip, and for a bound.
func checkPage(t *testing.T, s string) {
	t.Helper()
	q := url.Values{"ts": {s}, "limit": {s}, "skip": {s}, "before": {s}}
	c := call{query: q}
	if n := c.pageSize("limit"); n < 1 || n > maxRecords {
		t.Errorf("limit %q is %d", s, n)
	}
	if n := c.skip("skip"); n < 0 || n > maxSkip {
		t.Errorf("skip %q is %d", s, n)
	}
	digits := s != "" && strings.Trim(s, "0123456789") == ""
	if n, err := c.beforeNumber(); (err == nil) != (n > 0) || err == nil && !digits {
		t.Errorf("before %q is %d, %v", s, n, err)
	}
	got := beforeTime(q)
	whole, err := strconv.ParseInt(s, 10, 64)
	switch exact := err == nil && whole < 1<<53; { // beyond, a float64 is near it
	case got < 0, exact && whole <= 0 && got != 0, exact && whole >= firstMillis && got != im.Millis(whole):
		t.Errorf("ts %q is %d", s, got)
	case exact && whole > 0 && whole < firstMillis && got != im.Millis(whole)*1000:
		t.Errorf("ts %q is %d, want seconds", s, got)
	}
}

var bodySeeds = []string{
	``, ` `, `{}`, `null`, `[]`, `{"name":"x","owner":"tom","members":["a",["b",[],null,""],"a"]}`, `{"members":"a"}`, `{"members":{}}`, `{"members":[7]}`,
	`{"members":["a b"]}`, `{"name":7}`, `{"name":"\ud800\u2028"}`, `{"owner":""}`, `{"owner":null,"name":null}`, `{"members":[],"members":["x"]}`, `{"Members":["a"]}`,
	`{"attributes":{"a":{"b":[1]},"name":"y","a":null},"name":"x"}`, `{"attributes":[]}`, `{"attributes":{"":1e999}}`, `{"attributes":null}`,
	"{\"x\":\"\x01\"}", "{\"name\":\"\xff\"}", `{"members":` + strings.Repeat("[", 130) + strings.Repeat("]", 130) + `}`,
}

// A body is read as a plain reading by the standard parser has it: the same bodies are taken, with the same attributes, the
// name among them, owner and members, each once and well-formed; the rest is refused as Invalid.
func FuzzBody(f *testing.F) {
	for _, body := range bodySeeds {
		f.Add([]byte(body), true)
	}
	f.Fuzz(func(t *testing.T, body []byte, room bool) {
		c := call{kind: im.KindGroup, body: body}
		if room {
			c.kind = im.KindRoom
		}
		got, err := c.wanted()
		want, ok := plainly(body, room)
		if err != nil {
			var e *im.Error
			if !errors.As(err, &e) || e.Kind != im.Invalid && e.Kind != im.TooLong || ok {
				t.Errorf("%q: %v, but it says %+v", body, err, want)
			}
			return
		}
		if !ok || got.Owner != want.owner || !slices.Equal(got.Members, want.members) || got.ReplaceMembers != want.replace {
			t.Errorf("%q: %+v, want %+v, %v", body, got, want, ok)
		}
		set := make(map[string]any)
		for _, a := range got.Attributes {
			set[a.Name] = parsed(t, a.Value)
		}
		if len(set) != len(got.Attributes) || !maps.EqualFunc(set, want.attributes, reflect.DeepEqual) {
			t.Errorf("%q: attributes %v, want %v", body, set, want.attributes)
		}
	})
}

// parsed returns value with its numbers as they are written.
func parsed(t *testing.T, value []byte) (v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Errorf("%q is no JSON", value)
	}
	return v
}

// saysJSON is what a body says by the standard parser.
type saysJSON struct {
	attributes map[string]any
	owner      im.UserID
	members    []im.UserID
	replace    bool
}

// plainly reads a body; ok = false when there is anything wrong with it.
func plainly(body []byte, room bool) (says saysJSON, ok bool) {
	trimmed := strings.Trim(string(body), " \t\r\n")
	if trimmed == "" {
		return says, true
	}
	var object map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if !wire.Valid(body) || d.Decode(&object) != nil || object == nil {
		return says, false
	}
	if says.attributes, ok = object["attributes"].(map[string]any); !ok && object["attributes"] != nil || !says.call(object["name"]) {
		return says, false
	}
	if v := object["owner"]; v != nil && !room {
		id, _ := v.(string)
		says.owner = im.UserID(id)
		ok = says.owner.Valid()
	} else {
		ok = true
	}
	list, isList := object["members"].([]any)
	says.replace = object["members"] != nil
	return says, ok && (isList || !says.replace) && says.gather(list)
}

// call adds the name, and reports whether it is one.
func (s *saysJSON) call(name any) bool {
	if name == nil {
		return len(s.attributes) <= im.MaxAttributes
	}
	if s.attributes == nil {
		s.attributes = make(map[string]any)
	}
	_, isText := name.(string)
	many := len(s.attributes) > im.MaxAttributes
	s.attributes[nameAttribute] = name
	return isText && !many
}

// gather adds the ids in list, and reports whether all are well-formed.
func (s *saysJSON) gather(list []any) bool {
	for _, v := range list {
		id, isText := v.(string)
		inner, isList := v.([]any)
		switch {
		case v == nil, isText && id == "":
		case isList:
			if !s.gather(inner) {
				return false
			}
		case !isText || !im.UserID(id).Valid():
			return false
		case !slices.Contains(s.members, im.UserID(id)):
			s.members = append(s.members, im.UserID(id))
		}
	}
	return true
}

// Whatever the log holds, a page of history is an array of JSON records, or an error of kind Internal when an entry cannot be
// read. Only a body that is no JSON, which wire.ParseSay lets nobody say, could break it.
func FuzzRecords(f *testing.F) {
	for _, ev := range []*pb.Event{
		{},
		{Body: &pb.Event_Said{Said: &pb.Said{Speaker: "tom", Content: &pb.Content{Media: -1, Body: []byte(`["a"]`)}, Remark: "\u2028", ClientId: "m"}}},
		{Body: &pb.Event_Said{Said: &pb.Said{}}},
		{Body: &pb.Event_Befriended{Befriended: &pb.Befriended{From: "a"}}},
	} {
		b, err := proto.Marshal(ev)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, uint64(1), int64(1479000000001))
	}
	f.Add([]byte{0xff}, uint64(0), int64(-1))
	f.Fuzz(func(t *testing.T, body []byte, n uint64, ts int64) {
		entry := im.Entry{N: n, TS: im.Millis(ts), Body: body}
		page, err := records([]im.Entry{entry, entry})
		var ev pb.Event
		if unreadable := proto.Unmarshal(body, &ev); unreadable != nil || err != nil {
			if (unreadable == nil) != (err == nil) || im.KindOf(err) != im.Internal {
				t.Errorf("%x: %v, but %v", body, err, unreadable)
			}
			return
		}
		if said := ev.GetSaid().GetContent().GetBody(); len(said) > 0 && !wire.Valid(said) {
			return
		}
		var list []struct {
			Speaker *string
			TS      int64
			N       uint64
		}
		if err := json.Unmarshal(page, &list); err != nil || len(list) != 2 || list[1].Speaker == nil || list[1].TS != ts || list[1].N != n {
			t.Errorf("%v became %s (%v)", &ev, page, err)
		}
	})
}
