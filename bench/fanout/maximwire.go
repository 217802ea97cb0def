package fanout

import (
	"bytes"
	"errors"
	"time"
)

// Packets of Engine.IO and Socket.IO, as they are in a text frame. Both revisions have the same; what differs is who sends pings.
const (
	pingPacket    = '2'
	messagePacket = '4' // and then the type of a Socket.IO packet:
	leavePacket   = '1'
	ackPacket     = '3'
)

var (
	errDismissed = errors.New("the server told the member to leave")
	refused      = []byte(`"success":false`)
	byeFrame     = AppendFrame(nil, TextFrame, []byte("41/chat,"))
	pingFrame    = AppendFrame(nil, TextFrame, []byte("2"))
)

// Cut implements Protocol.
func (p *MaxIM) Cut(b []byte) (Frame, error) {
	f, err := CutFrame(b)
	if err != nil || len(f.Payload) == 0 {
		return f, err
	}
	switch packet := f.Payload; {
	case packet[0] == pingPacket: // Engine.IO 4: the server pings
		f.Answer = AppendFrame(nil, TextFrame, []byte("3"), packet[1:])
	case packet[0] != messagePacket || len(packet) == 1:
	case packet[1] == leavePacket:
		return f, errDismissed
	case packet[1] == ackPacket:
		f.Refused = bytes.Contains(packet, refused)
	}
	return f, nil
}

// Publish implements Protocol: a `say` to a room, with an id of a callback when it is to be answered.
func (p *MaxIM) Publish(dst []byte, room int, body []byte, asking bool) []byte {
	event := `42/chat,["say",{"to":{"id":"`
	if asking {
		event = `42/chat,1["say",{"to":{"id":"`
	}
	return AppendFrame(dst, TextFrame, []byte(event), []byte(p.rooms[room]), []byte(`","type":2},"content":{"media":0,"body":"`), body, []byte(`"}}]`))
}

// Echoes implements Protocol: nobody hears itself.
func (p *MaxIM) Echoes() bool { return false }

// Beat implements Protocol: in Engine.IO 3 the client pings (MaxIM protocol, 3.4), in time.
func (p *MaxIM) Beat() ([]byte, time.Duration) {
	every := time.Duration(p.beatMillis.Load()) * time.Millisecond
	if p.revision != 3 {
		return nil, 0
	}
	return pingFrame, every * 4 / 5
}

// Bye implements Protocol.
func (p *MaxIM) Bye() []byte { return byeFrame }
