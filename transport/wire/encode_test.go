package wire

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/wiretest"
)

func delivery(body, remark, clientID string, n uint64) *pb.Delivery {
	return &pb.Delivery{From: "tom", To: "jerry", N: n, Ts: 1479000000001, Said: &pb.Said{
		Speaker: "tom", Content: &pb.Content{Body: []byte(body)}, Remark: remark, ClientId: clientID,
		Push: []byte(`{"sound":"x"}`), OriginSession: "s1",
	}}
}

// The exact bytes of every event of the tables of package wiretest.
func TestEncoders_Events(t *testing.T) {
	t.Parallel()
	for _, tc := range wiretest.Events {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			want := strings.TrimSuffix(strings.TrimPrefix(tc.Text, `42/chat,["`+tc.Event+`",`), "]")
			if got := payload(t, tc); string(got) != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if !json.Valid([]byte(want)) {
				t.Errorf("%s is not JSON", want)
			}
		})
	}
}

// payload writes an event's argument.
func payload(t *testing.T, tc wiretest.Event) []byte {
	t.Helper()
	switch tc.Event {
	case "message":
		return Message(nil, tc.Delivery)
	case "yourself":
		return Yourself(nil, tc.Delivery)
	case "sys":
		return System(nil, tc.Delivery)
	case "online", "offline", "online_x", "offline_x":
		return Presence(nil, im.UserID(tc.Who))
	case "ack":
		return Ack(nil, []byte(tc.Ack), im.Millis(tc.TS))
	case "login":
		if tc.Error == 0 {
			return LoginOK(nil, tc.Who)
		}
		return LoginRefused(nil, kindOf(t, tc.Error))
	}
	t.Fatalf("no encoder for %s", tc.Event)
	return nil
}

// kindOf is the first kind with that code.
func kindOf(t *testing.T, code int) im.ErrorKind {
	t.Helper()
	for kind := im.Internal; kind <= im.Full; kind++ {
		if Code(kind) == code {
			return kind
		}
	}
	t.Fatalf("no kind has code %d", code)
	return 0
}

// The exact bytes of every acknowledgement of the tables of package wiretest.
func TestEncoders_Answers(t *testing.T) {
	t.Parallel()
	for _, tc := range wiretest.Answers {
		got := SayAnswer(nil, Said{TS: im.Millis(tc.TS), N: tc.N, ID: tc.ID, Duplicate: tc.Duplicate})
		if tc.Error != 0 {
			got = SayRefused(nil, kindOf(t, tc.Error))
		}
		if want := strings.TrimPrefix(tc.Text, "43/chat,7"); string(got) != want {
			t.Errorf("%s: got %s, want %s", tc.Name, got, want)
		}
	}
}

// The exact bytes of a record of a history (section 6.5) and of an error (section 6.1).
func TestEncoders_REST(t *testing.T) {
	t.Parallel()
	full := delivery("[1, 2]", "a\"b<汤>\n", "m1", 7)
	full.Said.Content.Media = 2
	for _, tc := range []struct {
		name string
		got  []byte
		want string
	}{
		{"record", Record(nil, 7, 5, full.Said), `{"speaker":"tom","content":{"media":2,"body":[1, 2]},"ts":5,"remark":"a\"b<汤>\n","n":7,"id":"m1"}`},
		{"record without a body", Record(nil, 0, 5, &pb.Said{Speaker: "t"}), `{"speaker":"t","content":{"media":0,"body":null},"ts":5}`},
		{"error", ErrorBody(5004, `no "x"`), `{"errorCode":5004,"errorMessage":"no \"x\""}`},
	} {
		if string(tc.got) != tc.want || !json.Valid(tc.got) {
			t.Errorf("%s: got  %s\nwant %s", tc.name, tc.got, tc.want)
		}
	}
}

// One row per kind: the table is append-only, and every kind has a face.
func TestCode(t *testing.T) {
	t.Parallel()
	for kind, want := range map[im.ErrorKind][2]int{
		im.Internal: {5002, 500}, im.Invalid: {5001, 400}, im.NotPermitted: {5003, 401}, im.NotFound: {5004, 404},
		im.Conflict: {5005, 400}, im.TooLong: {5010, 400}, im.Unsupported: {5009, 400}, im.Overloaded: {5014, 503},
		im.Unavailable: {5013, 503}, im.Retry: {5013, 503}, im.Full: {5008, 400},
		im.TooLarge: {5011, 413}, im.BrokenOff: {5012, 500}, im.Unprocessed: {5007, 500}, im.NotStored: {5006, 500},
		im.NotStored + 1: {5002, http.StatusInternalServerError},
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
