package packet_test

import (
	"reflect"
	"testing"

	"github.com/parley-im/parley/transport/socketio/packet"
)

// Packets as clients send them (sections 3.7 and 3.8), without the Engine.IO type in front.
var cases = []struct {
	name, in string
	want     packet.Packet
}{
	{"connect root", "0", packet.Packet{Type: packet.Connect, Namespace: "/"}},
	{"connect", "0/chat", packet.Packet{Type: packet.Connect, Namespace: "/chat"}},
	{"connect with comma", "0/chat,", packet.Packet{Type: packet.Connect, Namespace: "/chat"}},
	{"connect with a raw query", `0/chat?auth={"app":"x","sign":"a,b"}`, packet.Packet{Type: packet.Connect, Namespace: "/chat"}},
	{"connect with an escaped query", `0/chat?auth=%7B%7D,`, packet.Packet{Type: packet.Connect, Namespace: "/chat"}},
	{"connect with a body", `0/chat,{"app":"x?"}`, packet.Packet{Type: packet.Connect, Namespace: "/chat", Data: []byte(`{"app":"x?"}`)}},
	{"connect root with a body", `0{"a":1}`, packet.Packet{Type: packet.Connect, Namespace: "/", Data: []byte(`{"a":1}`)}},
	{"disconnect", "1/chat", packet.Packet{Type: packet.Disconnect, Namespace: "/chat"}},
	{"disconnect with comma", "1/chat,", packet.Packet{Type: packet.Disconnect, Namespace: "/chat"}},
	{"event", `2/chat,["say",{}]`, packet.Packet{Type: packet.Event, Namespace: "/chat", Data: []byte(`["say",{}]`)}},
	{"event with id", `2/chat,7["say",{}]`, packet.Packet{Type: packet.Event, Namespace: "/chat", ID: 7, HasID: true, Data: []byte(`["say",{}]`)}},
	{"event with id 0", `2/chat,0["say"]`, packet.Packet{Type: packet.Event, Namespace: "/chat", HasID: true, Data: []byte(`["say"]`)}},
	{"event on root", `212["x"]`, packet.Packet{Type: packet.Event, Namespace: "/", ID: 12, HasID: true, Data: []byte(`["x"]`)}},
	{"event on a queried namespace", `2/chat?x=y,["x"]`, packet.Packet{Type: packet.Event, Namespace: "/chat", Data: []byte(`["x"]`)}},
	{"empty event", `2`, packet.Packet{Type: packet.Event, Namespace: "/", Data: []byte{}}},
	{"largest id", `218446744073709551615[]`, packet.Packet{Type: packet.Event, Namespace: "/", ID: 1<<64 - 1, HasID: true, Data: []byte(`[]`)}},
	{"ack", `3/chat,7[]`, packet.Packet{Type: packet.Ack, Namespace: "/chat", ID: 7, HasID: true, Data: []byte(`[]`)}},
	{"binary event", `51-/chat,["x",{"_placeholder":true}]`, packet.Packet{Type: packet.BinaryEvent, Namespace: "/"}},
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := packet.Decode([]byte(tc.in))
			if len(got.Data) == 0 {
				got.Data = tc.want.Data
			}
			if err != nil || !reflect.DeepEqual(got, tc.want) {
				t.Errorf("Decode(%s) = %+v, %v; want %+v", tc.in, got, err, tc.want)
			}
		})
	}
	for _, in := range []string{"", "7", "x", "\xff", `218446744073709551616[]`, `2111111111111111111111111111["x"]`} {
		if got, err := packet.Decode([]byte(in)); err == nil {
			t.Errorf("Decode(%q) = %+v, want an error", in, got)
		}
	}
}

func TestAppend(t *testing.T) {
	t.Parallel()
	for want, got := range map[string][]byte{
		`40`:                         packet.AppendConnect(nil, packet.Root, nil),
		`40/chat,`:                   packet.AppendConnect(nil, packet.Chat, nil),
		`40/chat,{"sid":"x"}`:        packet.AppendConnect(nil, packet.Chat, []byte(`{"sid":"x"}`)),
		`41/chat,`:                   packet.AppendDisconnect(nil, packet.Chat),
		`42/chat,["login",`:          packet.AppendEventHead(nil, packet.Chat, "login"),
		`42["x",`:                    packet.AppendEventHead(nil, packet.Root, "x"),
		`43/chat,7[{}]`:              packet.AppendAck(nil, packet.Chat, 7, []byte(`[{}]`)),
		`44/x,"Invalid namespace"`:   packet.AppendConnectError(nil, "/x", []byte(`"Invalid namespace"`)),
		`44/x,{"message":"Invalid"}`: packet.AppendConnectError(nil, "/x", []byte(`{"message":"Invalid"}`)),
	} {
		if string(got) != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, tc := range cases {
		f.Add([]byte(tc.in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := packet.Decode(in)
		if err != nil {
			return
		}
		if p.Namespace == "" || p.Namespace[0] != '/' || len(p.Data) >= len(in) {
			t.Errorf("%q became %+v", in, p)
		}
	})
}
