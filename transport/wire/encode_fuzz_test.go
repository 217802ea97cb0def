package wire

import (
	"bytes"
	"encoding/json"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// parts are what clients find in a message, a mirrored one, or a record.
type parts struct {
	Speaker string
	From    struct {
		ID, GID string
		Type    int32
	}
	To struct {
		ID   string
		Type int32
	}
	Content struct {
		Media int32
		Body  json.RawMessage
	}
	TS     int64
	Remark string
	N      uint64
	ID     string
}

// Whatever delivery another node sends, what clients get of it is JSON and says what it said, as long as its body is JSON,
// which every reader of this package sees to.
func FuzzDelivery(f *testing.F) {
	for _, d := range []*pb.Delivery{
		delivery(`"hi"`, "", "", 0), delivery(`[1,"]"]`, "a\"\u2028", "m1", 7),
		{},
		{Source: pb.Source_GROUP, To: "g"},
		{Source: 77, From: "\x00"},
		{Source: pb.Source_PASSENGER, From: "p", To: "tom"},
		{Source: pb.Source_TO_PASSENGER, From: "tom", To: "p"},
		{System: true},
	} {
		b, err := proto.Marshal(d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var d pb.Delivery
		if proto.Unmarshal(data, &d) != nil || len(d.GetSaid().GetContent().GetBody()) > 0 && !Valid(d.Said.Content.Body) {
			return
		}
		message := read(t, &d, Message(nil, &d))
		if m := message; m.From.ID != d.From || m.From.Type != speaks(&d) || m.From.GID != gid(&d) || m.To.ID != d.To {
			t.Errorf("%v became %+v", &d, m)
		}
		if y := read(t, &d, Yourself(nil, &d)); y.To != message.To || y.From.ID != "" {
			t.Errorf("%v is mirrored as %+v", &d, y)
		}
		if s := read(t, numberless(&d), System(nil, numberless(&d))); s.To.ID != d.To || d.To != "" && s.To != message.To || s.From.ID != "" {
			t.Errorf("%v of the app is %+v", &d, s)
		}
		if r := read(t, &d, Record(nil, d.N, im.Millis(d.Ts), d.Said)); r.Speaker != d.GetSaid().GetSpeaker() {
			t.Errorf("%v is recorded as %+v", &d, r)
		}
	})
}

func gid(d *pb.Delivery) string {
	if d.Source == pb.Source_GROUP || d.Source == pb.Source_ROOM {
		return d.To
	}
	return ""
}

// speaks returns the type of the speaker: to a passenger, all users are of type 0.
func speaks(d *pb.Delivery) int32 {
	if d.Source == pb.Source_TO_PASSENGER {
		return 0
	}
	return int32(d.Source)
}

// numberless is d without what parley numbers and names, which a system message has not.
func numberless(d *pb.Delivery) *pb.Delivery {
	c := proto.CloneOf(d)
	c.N = 0
	if c.Said != nil {
		c.Said.ClientId = ""
	}
	return c
}

// read parses what was made of d, and checks what all three forms have in common.
func read(t *testing.T, d *pb.Delivery, text []byte) (p parts) {
	t.Helper()
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatalf("%v became %s: %v", d, text, err)
	}
	said := d.GetSaid()
	body := string(bytes.Trim(appendRaw(nil, said.GetContent().GetBody()), " \t\r\n"))
	if p.TS != d.Ts || p.N != d.N || p.ID != said.GetClientId() || p.Remark != said.GetRemark() || p.Content.Media != said.GetContent().GetMedia() ||
		string(p.Content.Body) != body {
		t.Errorf("%v became %s", d, text)
	}
	return p
}
