package fanout

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"

	"github.com/gobwas/ws"

	"github.com/parley-im/parley/bench/swarm"
)

// What protocols over WebSocket (RFC 6455) have in common, for those that are implemented elsewhere, too.

// Upgrade makes a fresh TCP connection a WebSocket: target is the path and query of its request. early is what came behind the
// answer; nil = nothing.
func Upgrade(conn net.Conn, host, target string, subprotocols ...string) (early []byte, err error) {
	ask := "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: cGFybGV5IGZhbm91dCEhIQ==\r\n"
	for _, p := range subprotocols {
		ask += "Sec-WebSocket-Protocol: " + p + "\r\n"
	}
	if _, err := conn.Write([]byte(ask + "\r\n")); err != nil {
		return nil, ended(err)
	}
	in := bufio.NewReader(conn)
	answer, err := http.ReadResponse(in, nil)
	if err != nil {
		return nil, ended(err)
	}
	defer answer.Body.Close() //nolint:errcheck // there is none
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("the server answers the upgrade with %s", answer.Status)
	}
	b, _ := in.Peek(in.Buffered())
	return bytes.Clone(b), nil
}

// Opcodes of frames (RFC 6455, section 5.2).
const (
	TextFrame byte = 1
	PingFrame byte = 9
	PongFrame byte = 10
)

// AppendFrame appends to dst a frame with the parts of a payload, as a client sends it. Its mask is 0: that hides nothing from
// proxies, of which there is none here, and costs no pass over the payload.
func AppendFrame(dst []byte, opcode byte, payload ...[]byte) []byte {
	size := 0
	for _, p := range payload {
		size += len(p)
	}
	dst = append(dst, 0x80|opcode)
	switch {
	case size <= 125:
		dst = append(dst, 0x80|byte(size))
	case size <= 0xffff:
		dst = binary.BigEndian.AppendUint16(append(dst, 0x80|126), uint16(size))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 0x80|127), uint64(size))
	}
	dst = append(dst, 0, 0, 0, 0)
	for _, p := range payload {
		dst = append(dst, p...)
	}
	return dst
}

// CutFrame finds the first frame of b, which a server has sent; size 0 means that it is not all there yet. A close frame is an
// error, *Closed; a ping has an answer.
func CutFrame(b []byte) (f Frame, err error) {
	op, payload, size, err := swarm.Cut(b)
	if err != nil || size == 0 {
		return Frame{}, err
	}
	f.Size = size
	switch op {
	case ws.OpText, ws.OpBinary:
		f.Payload = payload
	case ws.OpPing:
		f.Answer = AppendFrame(nil, PongFrame, payload)
	case ws.OpClose:
		code, text := ws.ParseCloseFrameData(payload)
		return f, &Closed{Code: int(code), Text: text}
	}
	return f, nil
}
