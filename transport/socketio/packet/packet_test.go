package packet_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/socketio/packet"
	"github.com/parley-im/parley/transport/wiretest"
)

// Each Socket.IO packet of the tables of package wiretest is read as what it means, and what is none is refused.
func TestDecode(t *testing.T) {
	t.Parallel()
	for _, tc := range wiretest.Packets {
		if tc.Type != byte(engineio.Message) {
			continue
		}
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			got, err := packet.Decode([]byte(tc.Text[1:]))
			if tc.Socket == nil {
				if !errors.Is(err, packet.ErrMalformed) {
					t.Errorf("Decode(%s) = %+v, %v; want ErrMalformed", tc.Text[1:], got, err)
				}
				return
			}
			want := packet.Packet{Type: packet.Type(tc.Socket.Type), Namespace: tc.Socket.Namespace, ID: tc.Socket.ID, HasID: tc.Socket.HasID}
			data := string(got.Data)
			got.Data = nil
			if err != nil || !reflect.DeepEqual(got, want) || data != tc.Socket.Data {
				t.Errorf("Decode(%s) = %+v with %s, %v; want %+v", tc.Text[1:], got, data, err, tc.Socket)
			}
		})
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
	for _, tc := range wiretest.Answers {
		arguments := strings.TrimPrefix(tc.Text, "43/chat,7")
		if got := packet.AppendAck(nil, packet.Chat, 7, []byte(arguments)); string(got) != tc.Text {
			t.Errorf("%s: got %s, want %s", tc.Name, got, tc.Text)
		}
	}
	for _, tc := range wiretest.Events {
		head := packet.AppendEventHead(nil, packet.Chat, tc.Event)
		if !strings.HasPrefix(tc.Text, string(head)) {
			t.Errorf("%s: got %s, want the front of %s", tc.Name, head, tc.Text)
		}
	}
}
