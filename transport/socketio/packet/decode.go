package packet

import (
	"bytes"
	"errors"
	"strconv"
)

// Type is the first character of a packet.
type Type byte

// Packet types. BinaryEvent and BinaryAck are known, but not decoded further: all payloads here are JSON.
const (
	Connect      Type = '0'
	Disconnect   Type = '1'
	Event        Type = '2'
	Ack          Type = '3'
	ConnectError Type = '4'
	BinaryEvent  Type = '5'
	BinaryAck    Type = '6'
)

// Root is the namespace of packets that name none.
const Root = "/"

// Chat is the one namespace that users are on. Clients 1.x drop packets whose namespace is not exactly theirs.
const Chat = "/chat"

// Packet is one decoded packet.
type Packet struct {
	Type      Type
	Namespace string
	// ID asks for an acknowledgement, or is that of one; it counts only when HasID.
	ID    uint64
	HasID bool
	// Data is the JSON as it came, unchecked; it shares memory with the input. Empty = none.
	Data []byte
}

// ErrMalformed is returned for text that is no packet. It is to be ignored.
var ErrMalformed = errors.New("packet: malformed")

// Decode reads the data of an Engine.IO message packet.
func Decode(text []byte) (Packet, error) {
	if len(text) == 0 || text[0] < byte(Connect) || text[0] > byte(BinaryAck) {
		return Packet{}, ErrMalformed
	}
	p := Packet{Type: Type(text[0]), Namespace: Root}
	rest := text[1:]
	switch p.Type {
	case BinaryEvent, BinaryAck:
		return p, nil
	case Connect:
		p.Namespace, p.Data = cutConnect(rest)
		return p, nil
	case Disconnect, Event, Ack, ConnectError:
	}
	p.Namespace, rest = cutNamespace(rest)
	return p.withID(rest)
}

// cutNamespace takes the namespace off the front of b.
func cutNamespace(b []byte) (namespace string, rest []byte) {
	if len(b) == 0 || b[0] != '/' {
		return Root, b
	}
	head, rest, _ := bytes.Cut(b, []byte{','})
	head, _, _ = bytes.Cut(head, []byte{'?'})
	if string(head) == Chat { // nearly always: it takes no memory
		return Chat, rest
	}
	return string(head), rest
}

// cutConnect takes the namespace off a CONNECT. What follows a '?' is a query of any shape, commas included, hence
// there is no telling a body from it.
func cutConnect(b []byte) (namespace string, body []byte) {
	if i := bytes.IndexAny(b, "?,"); i >= 0 && b[i] == '?' && len(b) > 0 && b[0] == '/' {
		return string(b[:i]), nil
	}
	return cutNamespace(b)
}

func (p Packet) withID(b []byte) (Packet, error) {
	n := 0
	for n < len(b) && '0' <= b[n] && b[n] <= '9' {
		n++
	}
	p.Data = b[n:]
	if n == 0 {
		return p, nil
	}
	id, err := strconv.ParseUint(string(b[:min(n, maxIDLen)]), 10, 64)
	if err != nil || n > maxIDLen {
		return Packet{}, ErrMalformed
	}
	p.ID, p.HasID = id, true
	return p, nil
}

// maxIDLen is the length of the largest uint64.
const maxIDLen = 20
