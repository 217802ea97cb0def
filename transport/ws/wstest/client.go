// Package wstest is a WebSocket client for tests. It shares no code with package ws, and lets a test send anything,
// wrong frames included.
//
// A Client is for one goroutine. Its methods fail the test on network errors, and after Timeout at the latest. CloseAtEnd is
// for the other side: it ends a test's server.
package wstest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
)

// Timeout is how long a client waits for anything.
const Timeout = servertest.Slowdown * 30 * time.Second

// Opcodes of RFC 6455.
const (
	Continuation = 0
	Text         = 1
	Binary       = 2
	Close        = 8
	Ping         = 9
	Pong         = 10
)

// Client is one open connection.
type Client struct {
	t    testing.TB
	Conn net.Conn
	br   *bufio.Reader
}

// Dial opens a WebSocket to path, query included, of the server at the http URL base. It is closed with the test.
func Dial(t testing.TB, base, path string) *Client {
	t.Helper()
	c := &Client{t: t}
	nc, err := net.DialTimeout("tcp", strings.TrimPrefix(base, "http://"), Timeout)
	c.must(err)
	t.Cleanup(func() { _ = nc.Close() })
	c.Conn, c.br = nc, bufio.NewReader(nc)
	c.must(nc.SetDeadline(time.Now().Add(Timeout)))
	c.Raw([]byte("GET " + path + " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"))
	res, err := http.ReadResponse(c.br, nil)
	c.must(err)
	if res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("upgrade of %s answered with %s", path, res.Status)
	}
	return c
}

func (c *Client) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// Raw sends bytes as they are.
func (c *Client) Raw(b []byte) {
	c.t.Helper()
	c.must(c.Conn.SetWriteDeadline(time.Now().Add(Timeout)))
	_, err := c.Conn.Write(b)
	c.must(err)
}

// Send sends a text message in one masked frame.
func (c *Client) Send(text string) {
	c.t.Helper()
	c.Raw(Frame(0x80|Text, true, []byte(text)))
}

// Frame returns the frame with that first byte (FIN, reserved bits, opcode) and payload.
func Frame(first byte, masked bool, payload []byte) []byte {
	b := Header(first, masked, uint64(len(payload)))
	mask := [4]byte{1, 2, 3, 4}
	if !masked {
		return append(b, payload...)
	}
	b = append(b, mask[:]...)
	for i, c := range payload {
		b = append(b, c^mask[i%4])
	}
	return b
}

// Header returns the front of a frame that announces a payload of that length, without the mask.
func Header(first byte, masked bool, length uint64) []byte {
	bit := byte(0)
	if masked {
		bit = 0x80
	}
	switch {
	case length < 126:
		return []byte{first, bit | byte(length)}
	case length < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{first, bit | 126}, uint16(length))
	}
	return binary.BigEndian.AppendUint64([]byte{first, bit | 127}, length)
}

// Next returns the next frame. ok is false when the connection ended instead.
func (c *Client) Next() (op int, payload []byte, ok bool) {
	c.t.Helper()
	c.must(c.Conn.SetReadDeadline(time.Now().Add(Timeout)))
	var head [2]byte
	if _, err := io.ReadFull(c.br, head[:]); err != nil {
		c.ended(err)
		return 0, nil, false
	}
	if head[0]&0xf0 != 0x80 || head[1]&0x80 != 0 {
		c.t.Fatalf("frame header %x: want FIN, no reserved bits, no mask", head)
	}
	payload = make([]byte, c.length(head[1]))
	_, err := io.ReadFull(c.br, payload)
	c.must(err)
	return int(head[0] & 0xf), payload, true
}

// ended fails the test when the connection did not end, but the client's patience.
func (c *Client) ended(err error) {
	c.t.Helper()
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		c.t.Fatalf("nothing came: %v", err)
	}
}

func (c *Client) length(b byte) uint64 {
	c.t.Helper()
	switch b {
	case 126:
		var n [2]byte
		_, err := io.ReadFull(c.br, n[:])
		c.must(err)
		return uint64(binary.BigEndian.Uint16(n[:]))
	case 127:
		var n [8]byte
		_, err := io.ReadFull(c.br, n[:])
		c.must(err)
		return binary.BigEndian.Uint64(n[:])
	}
	return uint64(b)
}

// Text returns the next text message, "" when the connection ended instead.
func (c *Client) Text() string {
	c.t.Helper()
	op, payload, ok := c.Next()
	if !ok {
		return ""
	}
	if op != Text {
		c.t.Fatalf("got opcode %d, %q; want text", op, payload)
	}
	return string(payload)
}

// Want fails the test unless the next messages are exactly these.
func (c *Client) Want(texts ...string) {
	c.t.Helper()
	for _, want := range texts {
		if got := c.Text(); got != want {
			c.t.Fatalf("got  %s\nwant %s", got, want)
		}
	}
}

// WantClose skips text messages and fails the test unless a close frame with code follows, then the end.
func (c *Client) WantClose(code uint16) {
	c.t.Helper()
	for {
		op, payload, ok := c.Next()
		if ok && op == Text {
			continue
		}
		if !ok || op != Close || len(payload) < 2 || binary.BigEndian.Uint16(payload) != code {
			c.t.Fatalf("got opcode %d, %x, %v; want a close frame with code %d", op, payload, ok, code)
		}
		break
	}
	if op, payload, ok := c.Next(); ok {
		c.t.Fatalf("got opcode %d, %q after the close frame", op, payload)
	}
}
