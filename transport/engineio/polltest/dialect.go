package polltest

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Dialect is a way in which clients poll.
type Dialect int

// The dialects: revision 3 with binary bodies (browsers, Android), revision 3 with b64=1 (Swift), which names no revision, and
// revision 4.
const (
	Binary3 Dialect = iota
	Text3
	Rev4
)

// Dialects are all of them.
var Dialects = []Dialect{Binary3, Text3, Rev4}

func (d Dialect) String() string { return [...]string{"binary 3", "text 3", "rev 4"}[d] }

// Query is what the dialect says in each request.
func (d Dialect) Query() string { return [...]string{"EIO=3", "b64=1", "EIO=4"}[d] }

// PostType is the content type of what it posts.
func (d Dialect) PostType() string {
	if d == Binary3 {
		return "application/octet-stream"
	}
	return "text/plain;charset=UTF-8"
}

// AnswerType is the content type that its answers must have.
func (d Dialect) AnswerType() string {
	if d == Binary3 {
		return "application/octet-stream"
	}
	return "text/plain; charset=UTF-8"
}

// Encode makes a body of packets.
func (d Dialect) Encode(packets ...string) string {
	if d == Rev4 {
		return strings.Join(packets, "\x1e")
	}
	var b strings.Builder
	for _, p := range packets {
		if d == Binary3 {
			b.WriteByte(0)
			for _, digit := range strconv.Itoa(len(p)) {
				b.WriteByte(byte(digit - '0'))
			}
			b.WriteByte(255)
		} else {
			fmt.Fprintf(&b, "%d:", len(utf16.Encode([]rune(p))))
		}
		b.WriteString(p)
	}
	return b.String()
}

// Decode takes the packets out of an answer. Those of revision 3 must be ASCII.
func (d Dialect) Decode(body []byte) (packets []string, err error) {
	if d == Rev4 {
		return strings.Split(string(body), "\x1e"), nil
	}
	for len(body) > 0 {
		var packet string
		if packet, body, err = d.cut(body); err != nil {
			return nil, err
		}
		packets = append(packets, packet)
	}
	return packets, nil
}

func (d Dialect) cut(body []byte) (packet string, rest []byte, err error) {
	end := byte(':')
	digits := body
	if d == Binary3 {
		end = 255
		digits = body[1:]
	}
	head, rest, found := bytes.Cut(digits, []byte{end})
	length := 0
	for _, c := range head {
		if d == Binary3 {
			c += '0'
		}
		length = 10*length + int(c-'0')
	}
	if !found || len(head) == 0 || length > len(rest) || d == Binary3 && body[0] != 0 {
		return "", nil, fmt.Errorf("broken frame %.60q", body)
	}
	for _, c := range rest[:length] {
		if c > 0x7f {
			return "", nil, fmt.Errorf("packet %.60q is not ASCII", rest[:length])
		}
	}
	return string(rest[:length]), rest[length:], nil
}
