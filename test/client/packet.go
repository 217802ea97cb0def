package client

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// The types of a message's target and source (docs/protocol.md section 1).
const (
	Friend    = 0
	Group     = 1
	Room      = 2
	Passenger = 3
	Stranger  = 4
)

// To names the target of a message ("say", docs/protocol.md 5.1).
type To struct {
	ID   string `json:"id"`
	Type int    `json:"type"`
}

// Content is the payload of a message. Body is any JSON value.
type Content struct {
	Media int `json:"media"`
	Body  any `json:"body"`
}

// Message is the argument of `say`.
type Message struct {
	To      To      `json:"to"`
	Content Content `json:"content"`
	Remark  string  `json:"remark,omitempty"`
	// ID makes the send idempotent (docs/protocol.md 13); empty = none.
	ID string `json:"id,omitempty"`
	// Ack asks for an `ack` event with this number; nil = none.
	Ack *int `json:"ack,omitempty"`
}

// Text returns a text message to a friend.
func Text(to, body string) Message {
	return TextTo(To{ID: to}, body)
}

// TextTo returns a text message to a target of any type.
func TextTo(to To, body string) Message {
	return Message{To: to, Content: Content{Body: body}}
}

// Answer is what the server acknowledges a `say` with (docs/protocol.md 5.3 and 13).
type Answer struct {
	Success   bool   `json:"success"`
	Error     int    `json:"error"`
	TS        int64  `json:"ts"`
	N         uint64 `json:"n"`
	ID        string `json:"id"`
	Duplicate bool   `json:"duplicate"`
}

// Heard is the argument of `message` and `yourself`.
type Heard struct {
	From *struct {
		ID   string `json:"id"`
		Type *int   `json:"type"`
		// GID is the group or room, absent for a friend.
		GID string `json:"gid"`
	} `json:"from"`
	To      To              `json:"to"`
	Content json.RawMessage `json:"content"`
	TS      int64           `json:"ts"`
	N       uint64          `json:"n"`
	ID      string          `json:"id"`
	Remark  string          `json:"remark"`
}

// namespace is the only one that a client of MaxIM uses.
const namespace = "/chat,"

// encodeSay builds `42/chat,<ack>["say",<m>]`; ack < 0 leaves the ack id out.
func encodeSay(m Message, ack int) ([]byte, error) {
	body, err := json.Marshal([]any{"say", m})
	if err != nil {
		return nil, fmt.Errorf("encode say: %w", err)
	}
	packet := append([]byte("42"), namespace...)
	if ack >= 0 {
		packet = strconv.AppendInt(packet, int64(ack), 10)
	}
	return append(packet, body...), nil
}

// packet is one Socket.IO packet of /chat, without the Engine.IO type.
type packet struct {
	kind byte // '0' CONNECT, '1' DISCONNECT, '2' EVENT, '3' ACK, '4' ERROR
	ack  int  // -1 = none
	args []json.RawMessage
}

// decodePacket reads the text after the Engine.IO `4`. ok is false for packets of other namespaces.
func decodePacket(text string) (p packet, ok bool, err error) {
	if text == "" {
		return packet{}, false, fmt.Errorf("empty packet")
	}
	rest, ok := strings.CutPrefix(text[1:], strings.TrimSuffix(namespace, ","))
	if !ok {
		return packet{}, false, nil
	}
	rest = strings.TrimPrefix(rest, ",")
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	p = packet{kind: text[0], ack: -1}
	if digits > 0 {
		if p.ack, err = strconv.Atoi(rest[:digits]); err != nil {
			return packet{}, false, fmt.Errorf("ack id: %w", err)
		}
	}
	if p.kind == '2' || p.kind == '3' {
		err = json.Unmarshal([]byte(rest[digits:]), &p.args)
	}
	return p, err == nil, err
}
