package connect

import (
	"bytes"
	"errors"
	"strconv"
)

var errPayload = errors.New("the node sent a payload that is no sequence of packets")

// unpack cuts the answer to a poll into its packets, which share memory with it (MaxIM protocol, 3.5 and 3.7):
//
//	revision 3   decimal length ":" packet, repeated; all of it is ASCII here
//	revision 4   packets with 0x1E between them
func unpack(revision int, body []byte) (packets [][]byte, err error) {
	if revision == 4 {
		return bytes.Split(body, []byte{0x1e}), nil
	}
	for len(body) > 0 {
		digits, rest, _ := bytes.Cut(body, []byte(":"))
		n, err := strconv.Atoi(string(digits))
		if err != nil || n < 1 || n > len(rest) {
			return nil, errPayload
		}
		packets = append(packets, rest[:n])
		body = rest[n:]
	}
	return packets, nil
}

// pack makes the body of a POST of one packet of ASCII.
func pack(revision int, packet string) string {
	if revision == 4 {
		return packet
	}
	return strconv.Itoa(len(packet)) + ":" + packet
}
