package client

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
)

// framing is how the packets of a polling body are told from each other.
type framing int

const (
	// lengths is that of Engine.IO 3 with b64=1: the length in UTF-16 units, a colon, the packet.
	lengths framing = iota
	// records is that of Engine.IO 4: byte 0x1E between packets.
	records
)

const separator = "\x1e"

// encode returns the body of a POST with one packet.
func (f framing) encode(packet string) string {
	if f == records {
		return packet
	}
	return strconv.Itoa(units(packet)) + ":" + packet
}

func units(s string) int { return len(utf16.Encode([]rune(s))) }

// decode returns the packets of an answer.
func (f framing) decode(body string) (packets []string, err error) {
	if f == records {
		return strings.Split(body, separator), nil
	}
	for body != "" {
		head, rest, _ := strings.Cut(body, ":")
		length, err := strconv.Atoi(head)
		if err != nil || length < 0 {
			return nil, fmt.Errorf("broken frame %.60q", body)
		}
		end := offset(rest, length)
		if end < 0 {
			return nil, fmt.Errorf("broken frame %.60q", body)
		}
		packets = append(packets, rest[:end])
		body = rest[end:]
	}
	return packets, nil
}

// offset returns the byte of s that comes after so many UTF-16 units, -1 when there is none.
func offset(s string, length int) int {
	for i, r := range s {
		if length == 0 {
			return i
		}
		length -= utf16.RuneLen(r)
	}
	if length == 0 {
		return len(s)
	}
	return -1
}
