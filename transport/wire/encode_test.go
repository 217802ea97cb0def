package wire

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

func delivery(body, remark, clientID string, n uint64) *pb.Delivery {
	return &pb.Delivery{From: "tom", To: "jerry", N: n, Ts: 1479000000001, Said: &pb.Said{
		Speaker: "tom", Content: &pb.Content{Body: []byte(body)}, Remark: remark, ClientId: clientID,
		Push: []byte(`{"sound":"x"}`), OriginSession: "s1",
	}}
}

// The exact bytes of every shape that clients see, in the order of protocol sections 5.2, 4, 5.3, 6.1 and 6.5.
func TestEncoders(t *testing.T) {
	t.Parallel()
	full := delivery("[1, 2]", "a\"b<汤>\n", "m1", 7)
	full.Said.Content.Media = 2
	plain := delivery(`"hi"`, "", "", 0)
	inGroup, inRoom := delivery("1", "r", "m1", 7), delivery(`"hi"`, "", "", 0)
	inGroup.To, inGroup.Source = "g1", pb.Source_GROUP
	inRoom.To, inRoom.Source = "r1", pb.Source_ROOM
	for _, tc := range []struct {
		name string
		got  []byte
		want string
	}{
		{"message", Message(nil, plain), `{"from":{"id":"tom","type":0},"to":{"id":"jerry","type":0},"content":{"media":0,"body":"hi"},"ts":1479000000001}`},
		{
			"message with all", Message(nil, full),
			`{"from":{"id":"tom","type":0},"to":{"id":"jerry","type":0},"content":{"media":2,"body":[1, 2]},"ts":1479000000001,"remark":"a\"b<汤>\n","n":7,"id":"m1"}`,
		},
		{"yourself", Yourself(nil, plain), `{"to":{"id":"jerry","type":0},"content":{"media":0,"body":"hi"},"ts":1479000000001}`},
		{
			"message in a group", Message(nil, inGroup),
			`{"from":{"id":"tom","type":1,"gid":"g1"},"to":{"id":"g1","type":1},"content":{"media":0,"body":1},"ts":1479000000001,"remark":"r","n":7,"id":"m1"}`,
		},
		{"yourself in a group", Yourself(nil, inGroup), `{"to":{"id":"g1","type":1},"content":{"media":0,"body":1},"ts":1479000000001,"remark":"r","n":7,"id":"m1"}`},
		{
			"message in a room", Message(nil, inRoom),
			`{"from":{"id":"tom","type":2,"gid":"r1"},"to":{"id":"r1","type":2},"content":{"media":0,"body":"hi"},"ts":1479000000001}`,
		},
		{"yourself in a room", Yourself(nil, inRoom), `{"to":{"id":"r1","type":2},"content":{"media":0,"body":"hi"},"ts":1479000000001}`},
		{"presence", Presence(nil, "tom"), `"tom"`},
		{"record", Record(nil, 7, 5, full.Said), `{"speaker":"tom","content":{"media":2,"body":[1, 2]},"ts":5,"remark":"a\"b<汤>\n","n":7,"id":"m1"}`},
		{"record without a body", Record(nil, 0, 5, &pb.Said{Speaker: "t"}), `{"speaker":"t","content":{"media":0,"body":null},"ts":5}`},
		{"ack", Ack(nil, []byte("0"), 5), `{"ack":0,"ts":5}`},
		{"login accepted", LoginOK(nil, "tom"), `{"success":true,"id":"tom"}`},
		{"login refused", LoginRefused(nil, im.NotPermitted), `{"success":false,"error":5003}`},
		{"say answered", SayAnswer(nil, Said{TS: 5, N: 1}), `[{"success":true,"ts":5,"n":1}]`},
		{"say in a room answered", SayAnswer(nil, Said{TS: 5}), `[{"success":true,"ts":5}]`},
		{"say answered again", SayAnswer(nil, Said{TS: 5, N: 1, ID: "m", Duplicate: true}), `[{"success":true,"ts":5,"n":1,"id":"m","duplicate":true}]`},
		{"say refused", SayRefused(nil, im.Overloaded), `[{"success":false,"error":5014}]`},
		{"error", ErrorBody(5004, `no "x"`), `{"errorCode":5004,"errorMessage":"no \"x\""}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if string(tc.got) != tc.want {
				t.Errorf("got  %s\nwant %s", tc.got, tc.want)
			}
			if !json.Valid(tc.got) {
				t.Errorf("%s is not JSON", tc.got)
			}
		})
	}
}

// One row per kind: the table is append-only, and every kind has a face.
func TestCode(t *testing.T) {
	t.Parallel()
	for kind, want := range map[im.ErrorKind][2]int{
		im.Internal: {5002, 500}, im.Invalid: {5001, 400}, im.NotPermitted: {5003, 401}, im.NotFound: {5004, 404},
		im.Conflict: {5005, 400}, im.TooLong: {5010, 400}, im.Unsupported: {5009, 400}, im.Overloaded: {5014, 503},
		im.Unavailable: {5013, 503}, im.Retry: {5013, 503}, im.Full: {5008, 400}, im.Full + 1: {5002, http.StatusInternalServerError},
	} {
		if got := [2]int{Code(kind), HTTPStatus(kind)}; got != want {
			t.Errorf("%v: got %v, want %v", kind, got, want)
		}
	}
}

func TestMarshal_SortsKeysAndKeepsHTML(t *testing.T) {
	t.Parallel()
	got, err := Marshal(map[string]any{"b": "<&>", "a": 1, "c": json.RawMessage(`{"z":1}`)})
	if want := `{"a":1,"b":"<&>","c":{"z":1}}`; err != nil || string(got) != want {
		t.Errorf("Marshal = %s, %v; want %s", got, err, want)
	}
}

func TestUnmarshal_RefusesWhatTheStandardRefuses(t *testing.T) {
	t.Parallel()
	for _, in := range []string{``, `{`, `{}x`, `{"a":"` + "\x01" + `"}`, "\"\xff\"", `{"a":1,}`, `{'a':1}`, `NaN`, `[1 2]`} {
		var v any
		if err := Unmarshal([]byte(in), &v); im.KindOf(err) != im.Invalid || err == nil {
			t.Errorf("Unmarshal(%q) = %v, %v; want an error of kind Invalid", in, v, err)
		}
		if Valid([]byte(in)) {
			t.Errorf("Valid(%q)", in)
		}
	}
}
