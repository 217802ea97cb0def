package packet_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/alloctest"
	"github.com/parley-im/parley/transport/socketio/packet"
	"github.com/parley-im/parley/transport/wiretest"
)

// Decode takes whatever a client sends: it answers ErrMalformed, or a packet whose parts are cut from the text, without a
// copy of its data; and what is written of that packet decodes to the same packet. So does an event with what came for its
// name and its argument.
func FuzzDecode(f *testing.F) {
	for _, tc := range wiretest.Packets {
		f.Add([]byte(tc.Text[min(1, len(tc.Text)):]))
	}
	for _, in := range []string{
		``, `7`, `0/,x`, `0/a,/b`, `0?x,y`, `0,x`, `2,["x"]`, `2/chat,07["x"]`, `218446744073709551616[]`, `4/chat,"no"`, `4/chat,7`, "2/\xff,[]", `3/chat?x,1[]`, `0/a/b c,x`,
		`2/` + strings.Repeat("a", 2000) + `,` + strings.Repeat("1", 21),
	} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var p packet.Packet
		var err error
		alloctest.AtMost(t, 64<<10+2*len(in), "a packet", func() { p, err = packet.Decode(in) })
		if err != nil {
			if !errors.Is(err, packet.ErrMalformed) || !reflect.DeepEqual(p, packet.Packet{}) {
				t.Errorf("%q: %+v, %v", in, p, err)
			}
			return
		}
		if !strings.HasPrefix(p.Namespace, "/") || strings.ContainsAny(p.Namespace, "?,") || !bytes.HasSuffix(in, p.Data) || len(p.Data) >= len(in) {
			t.Errorf("%q became %+v", in, p)
		}
		checkEvent(t, p.Namespace, string(p.Data), p.Data)
		text, ok := written(p)
		if !ok {
			return
		}
		again, err := packet.Decode(text)
		if len(p.Data) == 0 && len(again.Data) == 0 {
			again.Data = p.Data // nil or empty, there is none
		}
		if err != nil || !reflect.DeepEqual(again, p) {
			t.Errorf("%q became %+v, and %q of it %+v, %v", in, p, text, again, err)
		}
	})
}

// written is p as the Append functions write it, without the Engine.IO type. ok is false for what they are not for: packets
// that a server never sends, and data that is no JSON and would pass for something else.
func written(p packet.Packet) (text []byte, ok bool) {
	switch p.Type {
	case packet.Connect:
		text = packet.AppendConnect(nil, p.Namespace, p.Data)
		ok = p.Namespace != packet.Root || !bytes.HasPrefix(p.Data, []byte("/"))
	case packet.Disconnect:
		text = packet.AppendDisconnect(nil, p.Namespace)
		ok = !p.HasID && len(p.Data) == 0
	case packet.ConnectError:
		text = packet.AppendConnectError(nil, p.Namespace, p.Data)
		ok = !p.HasID && (p.Namespace != packet.Root || !bytes.HasPrefix(p.Data, []byte("/")))
	case packet.Ack:
		text = packet.AppendAck(nil, p.Namespace, p.ID, p.Data)
		ok = p.HasID
	case packet.Event, packet.BinaryEvent, packet.BinaryAck:
	}
	if ok {
		text = text[1:]
	}
	return text, ok
}

// checkEvent checks that an event reads back as it was written.
func checkEvent(t *testing.T, namespace, name string, argument []byte) {
	t.Helper()
	front := []byte("before")
	text := append(append(packet.AppendEventHead(front, namespace, name), argument...), ']')
	got, err := packet.Decode(text[len(front)+1:])
	want := packet.Packet{Type: packet.Event, Namespace: namespace, Data: []byte(`["` + name + `",` + string(argument) + `]`)}
	if err != nil || !reflect.DeepEqual(got, want) || !bytes.HasPrefix(text, []byte("before42")) {
		t.Errorf("%q became %+v, %v; want %+v", text, got, err, want)
	}
}
