package hostile

import (
	"bytes"
	"strings"
	"testing"

	"github.com/parley-im/parley/transport/ws/wstest"
)

const fin = 0x80

// Close codes of the server (section 13).
const (
	normal         = 1000
	brokenProtocol = 1002
	badText        = 1007
	tooSlow        = 1008
	tooBig         = 1009
)

// masked is a masked frame, header is the front of one, with a mask of zeros, that announces so many bytes.
func masked(first byte, payload string) string {
	return string(wstest.Frame(first, true, []byte(payload)))
}

func header(first byte, length uint64) string {
	return string(wstest.Header(first, true, length)) + "\x00\x00\x00\x00"
}

// foulFrames are what no client may send, and the close code that each deserves (RFC 6455, section 7.4.1).
var foulFrames = map[string]struct {
	raw  string
	code uint16
}{
	"text without a mask":        {string(wstest.Frame(fin|wstest.Text, false, []byte("2"))), brokenProtocol},
	"ping without a mask":        {string(wstest.Frame(fin|wstest.Ping, false, nil)), brokenProtocol},
	"close without a mask":       {string(wstest.Frame(fin|wstest.Close, false, nil)), brokenProtocol},
	"reserved bit 1":             {masked(0x40|fin|wstest.Text, "2"), brokenProtocol},
	"reserved bit 2":             {masked(0x20|fin|wstest.Text, "2"), brokenProtocol},
	"reserved bit 3":             {masked(0x10|fin|wstest.Text, "2"), brokenProtocol},
	"reserved bits of a ping":    {masked(0x70|fin|wstest.Ping, ""), brokenProtocol},
	"reserved opcode 3":          {masked(fin|3, ""), brokenProtocol},
	"reserved opcode 7":          {masked(fin|7, "x"), brokenProtocol},
	"reserved opcode 15":         {masked(fin|15, ""), brokenProtocol},
	"fragmented ping":            {masked(wstest.Ping, "x"), brokenProtocol},
	"fragmented pong":            {masked(wstest.Pong, "x"), brokenProtocol},
	"fragmented close":           {masked(wstest.Close, ""), brokenProtocol},
	"ping of 126":                {masked(fin|wstest.Ping, strings.Repeat("x", 126)), brokenProtocol},
	"pong of 2^62":               {header(fin|wstest.Pong, 1<<62), brokenProtocol},
	"close of 126":               {masked(fin|wstest.Close, strings.Repeat("x", 126)), brokenProtocol},
	"continuation of nothing":    {masked(fin|wstest.Continuation, "x"), brokenProtocol},
	"text inside a text":         {strings.Repeat(masked(wstest.Text, "x"), 2), brokenProtocol},
	"binary inside a text":       {masked(wstest.Text, "x") + masked(fin|wstest.Binary, "x"), brokenProtocol},
	"text of 2^63":               {header(fin|wstest.Text, 1<<63), brokenProtocol},
	"text of 2^64-1":             {header(fin|wstest.Text, 1<<64-1), brokenProtocol},
	"text of 2^63-1":             {header(fin|wstest.Text, 1<<63-1), tooBig},
	"binary of 2^40":             {header(fin|wstest.Binary, 1<<40), tooBig},
	"fragment of 2^63-1":         {masked(wstest.Text, "x") + header(wstest.Continuation, 1<<63-1), tooBig},
	"text of 1,000,001":          {header(fin|wstest.Text, 1_000_001), tooBig},
	"bad UTF-8":                  {masked(fin|wstest.Text, "4\xff"), badText},
	"overlong UTF-8":             {masked(fin|wstest.Text, "4\xc0\xaf"), badText},
	"surrogate in UTF-8":         {masked(fin|wstest.Text, "4\xed\xa0\x80"), badText},
	"beyond Unicode":             {masked(fin|wstest.Text, "4\xf4\x90\x80\x80"), badText},
	"cut UTF-8":                  {masked(fin|wstest.Text, "4\xe6\xb1"), badText},
	"UTF-8 cut by fragments":     {masked(wstest.Text, "4\xe6") + masked(fin|wstest.Continuation, "x"), badText},
	"close of one byte":          {masked(fin|wstest.Close, "\x03"), brokenProtocol},
	"close with 0":               {masked(fin|wstest.Close, "\x00\x00"), brokenProtocol},
	"close with 999":             {masked(fin|wstest.Close, "\x03\xe7"), brokenProtocol},
	"close with 1004":            {masked(fin|wstest.Close, "\x03\xec"), brokenProtocol},
	"close with 1005":            {masked(fin|wstest.Close, "\x03\xed"), brokenProtocol},
	"close with 1006":            {masked(fin|wstest.Close, "\x03\xee"), brokenProtocol},
	"close with 1015":            {masked(fin|wstest.Close, "\x03\xf7"), brokenProtocol},
	"close with 2999":            {masked(fin|wstest.Close, "\x0b\xb7"), brokenProtocol},
	"close with 5000":            {masked(fin|wstest.Close, "\x13\x88"), brokenProtocol},
	"close with 65535":           {masked(fin|wstest.Close, "\xff\xff"), brokenProtocol},
	"close with bad UTF-8":       {masked(fin|wstest.Close, "\x03\xe8\xff"), badText},
	"close amid fragments":       {masked(wstest.Text, "x") + masked(fin|wstest.Close, "\x03\xe8"), normal},
	"close, and more behind":     {masked(fin|wstest.Close, "\x0f\xa0") + strings.Repeat("\xff", 100_000), 4000},
	"a megabyte of small pieces": {masked(wstest.Text, "x") + strings.Repeat(masked(wstest.Continuation, strings.Repeat("x", 100)), 10_000), tooBig},
	"binary in endless pieces":   {masked(wstest.Binary, "x") + strings.Repeat(masked(wstest.Continuation, strings.Repeat("x", 100)), 10_000), tooBig},
}

// Whoever breaks the protocol of WebSocket is closed with the code for it, logged in or not. Fails when the reader skips
// a check, and when a session leaves a goroutine behind.
func TestWebSocket_FoulFramesAreClosedWithTheirCode(t *testing.T) {
	t.Parallel()
	s := lay(t)
	for name, f := range foulFrames {
		t.Run(name, func(t *testing.T) {
			for _, c := range []*wstest.Client{s.enter(t, "eve"), s.open(t, 3, ""), s.open(t, 4, "")} {
				c.Raw([]byte(f.raw))
				c.WantClose(f.code)
			}
		})
	}
}

// What is odd and allowed costs the sender nothing but its time: empty messages and fragments, binary messages, pongs
// that nobody asked for, and pings, of which the newest is answered.
func TestWebSocket_OddFramesAreBorne(t *testing.T) {
	t.Parallel()
	s := lay(t)
	for name, raw := range map[string]string{
		"empty texts":     strings.Repeat(masked(fin|wstest.Text, ""), 10_000),
		"empty binaries":  strings.Repeat(masked(fin|wstest.Binary, ""), 10_000),
		"empty fragments": masked(wstest.Text, "") + strings.Repeat(masked(wstest.Continuation, ""), 100_000) + masked(fin|wstest.Continuation, ""),
		"binaries":        strings.Repeat(masked(fin|wstest.Binary, "\x04\xff\x00"), 10_000),
		"large binaries":  strings.Repeat(masked(fin|wstest.Binary, strings.Repeat("\xff", 1_000_000)), 10),
		"pongs":           strings.Repeat(masked(fin|wstest.Pong, strings.Repeat("x", 125)), 50_000),
		"pings":           strings.Repeat(masked(fin|wstest.Ping, strings.Repeat("x", 125)), 50_000),
		"byte by byte":    masked(wstest.Text, "2") + strings.Repeat(masked(wstest.Continuation, "x")+masked(fin|wstest.Ping, ""), 100) + masked(fin|wstest.Continuation, ""),
	} {
		t.Run(name, func(t *testing.T) {
			c := s.enter(t, "eve")
			c.Raw([]byte(raw))
			c.Send("2alive")
			op, payload, ok := c.Next()
			for ok && (op == wstest.Pong || bytes.HasPrefix(payload, []byte("3x"))) {
				op, payload, ok = c.Next()
			}
			if !ok || string(payload) != "3alive" {
				t.Errorf("got opcode %d, %.100q, %v; want the session to be alive", op, payload, ok)
			}
		})
	}
}

// A header is no reason to find room for what it announces: 300 clients that announce the largest message each, and send
// none of it, cost little. Fails when the reader makes room for what is announced.
func TestWebSocket_AnnouncedMessagesTakeNoRoom(t *testing.T) {
	t.Parallel()
	s := lay(t)
	for range 300 {
		s.open(t, 3, "").Raw([]byte(header(fin|wstest.Text, 1_000_000)))
	}
	if now := s.vitals(); now.heapMiB > s.before.heapMiB+slack.heapMiB {
		t.Errorf("before %+v, now %+v", s.before, now)
	}
}
