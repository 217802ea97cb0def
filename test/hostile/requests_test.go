package hostile

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-im/parley/test/client"
)

// What is no HTTP is answered in plain text, and the connection is closed (section 13).
func TestHTTP_WhatIsNoRequestIsRefused(t *testing.T) {
	t.Parallel()
	s := lay(t)
	for name, c := range map[string]struct {
		raw    string
		status int
	}{
		"TLS":                      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400},
		"HTTP/2":                   {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 404},
		"HTTP/9":                   {"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 505},
		"no version":               {"GET /\r\n\r\n", 400},
		"no host":                  {"GET / HTTP/1.1\r\n\r\n", 400},
		"two hosts":                {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
		"two lengths":              {"POST /groups HTTP/1.1\r\n" + signed() + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", 400},
		"a negative length":        {"POST /groups HTTP/1.1\r\n" + signed() + "Content-Length: -1\r\n\r\n", 400},
		"a length over 2^64":       {"POST /groups HTTP/1.1\r\n" + signed() + "Content-Length: 99999999999999999999\r\n\r\n", 400},
		"an unknown encoding":      {"POST /groups HTTP/1.1\r\n" + signed() + "Transfer-Encoding: gzip\r\n\r\n", 501},
		"a folded header":          {"GET / HTTP/1.1\r\nHost: x\r\nX: \x00y\r\n\r\n", 400},
		"a blank in a name":        {"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},
		"a megabyte of headers":    {"GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: "+strings.Repeat("x", 1000)+"\r\n", 1000) + "\r\n", 431},
		"one header of a megabyte": {"GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 1_000_000) + "\r\n\r\n", 431},
		"a megabyte of path":       {"GET /" + strings.Repeat("x", 1_000_000) + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
		"a megabyte of auth":       {"GET /socket.io/?EIO=3&transport=websocket&auth=" + strings.Repeat("x", 1_000_000) + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
		"a megabyte of no header":  {strings.Repeat("x", 1_000_000), 431},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.wire(t)
			go io.WriteString(w, c.raw) //nolint:errcheck // the server need not read to the end
			if status, _ := w.answer(http.MethodGet); status != c.status {
				t.Errorf("got %d, want %d", status, c.status)
			}
			w.wantEnd()
		})
	}
}

// Bodies that cannot be taken are refused without waiting for them: none of these sends one. Fails when package rest reads
// before it looks at the length.
func TestHTTP_AnnouncedBodiesAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	s := lay(t)
	for _, size := range []int64{1<<20 + 1, 1 << 40, 1<<63 - 1} {
		announced := fmt.Sprintf("Content-Length: %d\r\n\r\n", size)
		s.wantAnswer(t, "POST /groups HTTP/1.1\r\n"+signed()+announced, 400, 5010)
		s.wantAnswer(t, "POST /rooms/r/members HTTP/1.1\r\n"+signed()+"Expect: 100-continue\r\n"+announced, 400, 5010)
		s.wantAnswer(t, "POST /groups HTTP/1.1\r\nHost: x\r\n"+announced, 401, 5003)
		s.wantAnswer(t, "POST /nothing HTTP/1.1\r\n"+signed()+announced, 404, 5004)
		s.wantAnswer(t, "POST /socket.io/?EIO=3&transport=polling HTTP/1.1\r\nHost: x\r\n"+announced, 400, 0)
		s.wantAnswer(t, "POST /readyz HTTP/1.1\r\nHost: x\r\n"+announced, 405, 0)
	}
}

// A body without an end is read up to its limit.
func TestHTTP_EndlessBodiesAreRefused(t *testing.T) {
	t.Parallel()
	s := lay(t)
	for name, chunk := range map[string]string{
		"large pieces": "10000\r\n" + strings.Repeat(" ", 0x10000) + "\r\n",
		"bytes":        strings.Repeat("1\r\n \r\n", 10_000),
		"extensions":   "1;" + strings.Repeat("x", 1000) + "\r\n \r\n",
	} {
		t.Run(name, func(t *testing.T) {
			w := s.wire(t)
			w.send("POST /groups HTTP/1.1\r\n" + signed() + "Transfer-Encoding: chunked\r\n\r\n")
			go func() {
				for _, err := io.WriteString(w, chunk); err == nil; _, err = io.WriteString(w, chunk) {
				}
			}()
			if status, body := w.answer(http.MethodPost); status != http.StatusBadRequest {
				t.Errorf("got %d %s", status, body)
			}
		})
	}
}

// pipelined is how many rounds of requests are sent without waiting.
const pipelined = 100

// Requests that come all at once are answered one after the other.
func TestHTTP_PipelinedRequestsAreAnsweredInOrder(t *testing.T) {
	t.Parallel()
	s := lay(t)
	w := s.wire(t)
	var raw strings.Builder
	for i := range pipelined {
		raw.WriteString(request("POST", fmt.Sprintf("/ctx/tom/friends/f%d", i), ""))
		raw.WriteString(request("GET", fmt.Sprintf("/ctx/tom/friends/f%d", i), "{}"))
		raw.WriteString(request("GET", fmt.Sprintf("/ctx/nobody%d", i), ""))
	}
	go io.WriteString(w, raw.String()) //nolint:errcheck // the answers show it
	for i := range pipelined {
		if status, body := w.answer("POST"); status != 200 || !strings.Contains(body, fmt.Sprintf(`"to":"f%d"`, i)) {
			t.Fatalf("POST %d: %d %s", i, status, body)
		}
		if status, body := w.answer("GET"); status != 200 || !strings.Contains(body, fmt.Sprintf(`"to":"f%d"`, i)) {
			t.Fatalf("GET %d: %d %s", i, status, body)
		}
		if status, body := w.answer("GET"); status != 404 || client.ErrorCode([]byte(body)) != 5004 {
			t.Fatalf("GET of nobody %d: %d %s", i, status, body)
		}
	}
}

// A known path asked by a wrong method is refused with 5009 (section 6.1), the socket's with its code 2 (section 3.10).
func TestHTTP_WrongMethodsAreRefused(t *testing.T) {
	t.Parallel()
	s := lay(t)
	for _, method := range []string{"PATCH", "TRACE", "CONNECT", "PROPFIND", "get", "G", strings.Repeat("X", 1000)} {
		for _, path := range []string{"/ctx/tom", "/groups", "/rooms/r/members"} {
			s.wantAnswer(t, request(method, path, ""), 405, 5009)
		}
		s.wantAnswer(t, request(method, "/readyz", ""), 405, 0)
	}
	w := s.wire(t)
	w.send("POST /socket.io/?EIO=3&transport=websocket HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
	if status, body := w.answer("POST"); status != 400 || !strings.Contains(body, `"code":2`) {
		t.Errorf("got %d %s", status, body)
	}
}

// Parameters that make no sense count as absent (section 6.5).
func TestHTTP_OddParametersCountAsAbsent(t *testing.T) {
	t.Parallel()
	s := lay(t)
	for _, query := range []string{"limit=-1&ts=0", "limit=1e400&ts=1e400", "limit=NaN&ts=NaN", "limit=%00&ts=%ff", "limit=0x7f&ts=٣", "&&=;%zz", strings.Repeat("ts=1&", 10_000)} {
		s.wantAnswer(t, request("GET", "/ctx/tom/friends/jerry/chats?"+query, ""), 200, 0)
	}
}

// An upgrade that RFC 6455 does not know is refused (section 3.10).
func TestHTTP_MalformedUpgradesAreRefused(t *testing.T) {
	t.Parallel()
	s := lay(t)
	upgrade := "GET /socket.io/?EIO=3&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
	const key, version, connection = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "Sec-WebSocket-Version: 13\r\n", "Connection: Upgrade\r\n"
	for name, c := range map[string]struct {
		raw    string
		status int
	}{
		"no key":         {upgrade + connection + version, 400},
		"a short key":    {upgrade + connection + version + "Sec-WebSocket-Key: eA==\r\n", 400},
		"no version":     {upgrade + connection + key, 400},
		"version 8":      {upgrade + connection + key + "Sec-WebSocket-Version: 8\r\n", 426},
		"no connection":  {upgrade + key + version, 400},
		"HTTP/1.0":       {strings.Replace(upgrade, "HTTP/1.1", "HTTP/1.0", 1) + connection + key + version, 505},
		"another sid":    {strings.Replace(upgrade, "EIO=3", "sid=x", 1) + connection + key + version, 400},
		"to h2c":         {strings.Replace(upgrade, "websocket\r\n", "h2c\r\n", 1) + connection, 400},
		"with a length":  {upgrade + connection + key + version + "Content-Length: 10\r\n", 101},
		"with much more": {upgrade + connection + key + version + "Sec-WebSocket-Extensions: " + strings.Repeat("permessage-deflate; x=y, ", 4000) + "z\r\n", 101},
	} {
		t.Run(name, func(t *testing.T) {
			for range 5 {
				s.wantAnswer(t, c.raw+"\r\n", c.status, 0)
			}
		})
	}
}
