package hostile

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/transport/engineio/polltest"
)

// poll opens a session that is polled.
func (s *siege) poll(t testing.TB, d polltest.Dialect) *polltest.Client {
	t.Helper()
	c := polltest.Open(t, s.URL(), d, "")
	if want := map[bool]int{true: 0, false: 1}[d == polltest.Rev4]; len(c.First) != want {
		t.Fatalf("%s: %q came with the open packet", d, c.First)
	}
	return c
}

// polled fails the test unless the session answers what it is told, with nothing in front.
func polled(t testing.TB, c *polltest.Client) {
	t.Helper()
	if c.Dialect == polltest.Rev4 {
		c.MustPost("40")
		if got := c.MustGet(""); len(got) != 1 || !strings.HasPrefix(got[0], "40{") {
			t.Fatalf("got %q", got)
		}
		return
	}
	c.MustPost("2alive")
	c.Want("3alive")
}

// Bodies that are no row of frames end their session with code 3, and nothing in them is heard (sections 3.5 and 3.10).
func TestPolling_FoulBodiesEndTheSession(t *testing.T) {
	t.Parallel()
	s := lay(t)
	const text, binary = "text/plain;charset=UTF-8", "application/octet-stream"
	for name, c := range map[string]struct {
		dialect    polltest.Dialect
		kind, body string
	}{
		"a lying length":              {polltest.Text3, text, "2:40" + "100:2"},
		"a length of nothing":         {polltest.Text3, text, "2:40" + ":2"},
		"a negative length":           {polltest.Text3, text, "-1:2"},
		"a length that is no number":  {polltest.Text3, text, "NaN:2"},
		"a hexadecimal length":        {polltest.Text3, text, "0x1:2"},
		"a length over 2^64":          {polltest.Text3, text, "18446744073709551617:2"},
		"a megabyte of digits":        {polltest.Text3, text, strings.Repeat("1", 1_000_000)},
		"half an emoji":               {polltest.Text3, text, "2:4😀"},
		"no UTF-8":                    {polltest.Text3, text, "2:4\xff"},
		"a binary length that lies":   {polltest.Binary3, binary, "\x00\x09\x09\x09\xff2"},
		"a megabyte of binary digits": {polltest.Binary3, binary, "\x00" + strings.Repeat("\x01", 999_999)},
		"a binary length of ASCII":    {polltest.Binary3, binary, "\x001\xff2"},
		"another mark":                {polltest.Binary3, binary, "\x07\x01\xff2"},
		"a mark alone":                {polltest.Binary3, binary, "\x00"},
		"binary of no UTF-8":          {polltest.Binary3, binary, "\x00\x02\xff4\xff"},
		"binary by revision 4":        {polltest.Rev4, binary, "2"},
		"no UTF-8 by revision 4":      {polltest.Rev4, text, "4\xc0\xae"},
		"a byte too many":             {polltest.Rev4, text, strings.Repeat("4", 1_000_001)},
	} {
		t.Run(name, func(t *testing.T) {
			p := s.poll(t, c.dialect)
			p.WantFault(http.MethodPost, c.kind, strings.NewReader(c.body), 3)
			p.WantFault(http.MethodGet, "", nil, 1)
		})
	}
}

// A megabyte of packets that mean nothing is taken, and the session goes on; what it costs is shown by how the node is
// afterwards.
func TestPolling_SwarmsOfEmptyPacketsAreBorne(t *testing.T) {
	t.Parallel()
	s := lay(t)
	for name, c := range map[string]struct {
		dialect polltest.Dialect
		packet  string
	}{
		"text":           {polltest.Text3, "0:"},
		"binary":         {polltest.Binary3, "\x00\x00\xff"},
		"marked binary":  {polltest.Binary3, "\x01\x01\xff\x04"},
		"revision 4":     {polltest.Rev4, "\x1e"},
		"noops":          {polltest.Text3, "1:6"},
		"unknown ones":   {polltest.Text3, "1:x"},
		"base64":         {polltest.Rev4, "bAQID\x1e"},
		"empty messages": {polltest.Text3, "1:4"},
	} {
		t.Run(name, func(t *testing.T) {
			p := s.poll(t, c.dialect)
			body := strings.Repeat(c.packet, 1_000_000/len(c.packet))
			for range 3 {
				if a, err := p.Do(t.Context(), http.MethodPost, "", p.PostType(), strings.NewReader(body)); err != nil || a.Body != "ok" {
					t.Fatalf("got %+v, %v", a, err)
				}
			}
			polled(t, p)
			p.MustPost("1")
		})
	}
}

// A client whose pings have more answers than may wait for it is cut, as by WebSocket.
func TestPolling_ItsOwnAnswersCutIt(t *testing.T) {
	t.Parallel()
	s := lay(t)
	p := s.poll(t, polltest.Text3)
	body := strings.Repeat("1:2", 1_000_000/3)
	a, err := p.Do(t.Context(), http.MethodPost, "", p.PostType(), strings.NewReader(body))
	if err != nil || a.Code != 1 {
		t.Errorf("got %+v, %v", a, err)
	}
	p.WantFault(http.MethodGet, "", nil, 1)
	servertest.Eventually(t, "it counts as slow", func() bool { return s.Metrics()["parley_slow_disconnects_total"] >= 1 })
}

// Bodies that are too long are not waited for when they say so, and not read to their end when they do not.
func TestPolling_HugeBodiesAreRefused(t *testing.T) {
	t.Parallel()
	s := lay(t)
	for _, size := range []int64{100 << 20, 1 << 40, 1<<63 - 1} {
		p := s.poll(t, polltest.Rev4)
		w := s.wire(t)
		w.send(fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", p.Path("polling"), size))
		if status, body := w.answer(http.MethodPost); status != http.StatusBadRequest || !strings.Contains(body, `"code":3`) {
			t.Errorf("%d bytes: got %d %s", size, status, body)
		}
		w.wantEnd()
		p.WantFault(http.MethodGet, "", nil, 1)
	}
	p := s.poll(t, polltest.Rev4)
	w := s.wire(t)
	w.send("POST " + p.Path("polling") + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
	go func() {
		chunk := "10000\r\n" + strings.Repeat("4", 0x10000) + "\r\n"
		for range 100 << 20 / len(chunk) {
			if _, err := io.WriteString(w, chunk); err != nil {
				return // the server has had enough
			}
		}
	}()
	if status, body := w.answer(http.MethodPost); status != http.StatusBadRequest || !strings.Contains(body, `"code":3`) {
		t.Errorf("got %d %s", status, body)
	}
	p.WantFault(http.MethodGet, "", nil, 1)
}

// A second poll ends the session; the first gets a goodbye (section 3.5).
func TestPolling_SecondPollEndsTheSession(t *testing.T) {
	t.Parallel()
	s := lay(t)
	for _, d := range polltest.Dialects {
		p := s.poll(t, d)
		answers := make(chan polltest.Answer, 2)
		for range 2 {
			go func() {
				a, err := p.Do(t.Context(), http.MethodGet, "", "", nil)
				if err != nil {
					t.Error(err)
				}
				answers <- a
			}()
		}
		bye, refused := <-answers, <-answers
		if bye.Status != http.StatusOK {
			bye, refused = refused, bye
		}
		if bye.Body != d.Encode("1") || refused.Status != http.StatusBadRequest || refused.Code != 3 {
			t.Errorf("%s: got %+v and %+v", d, bye, refused)
		}
		p.WantFault(http.MethodGet, "", nil, 1)
	}
}

// The id of a session opens nothing but what the session is at (section 3.6): not a poll when it has a WebSocket, not a second
// WebSocket while it has or tries one, nothing at all when it is over. Ids that were never given open nothing.
func TestPolling_IDsOpenNothingElse(t *testing.T) {
	t.Parallel()
	s := lay(t)
	wantRefused := func(p *polltest.Client, code int) {
		t.Helper()
		w := s.wire(t)
		w.send("GET " + p.Path("websocket") + " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
		if status, body := w.answer(http.MethodGet); status != http.StatusBadRequest || !strings.Contains(body, fmt.Sprintf(`"code":%d`, code)) {
			t.Errorf("got %d %s, want code %d", status, body, code)
		}
	}
	for _, d := range polltest.Dialects {
		p := s.poll(t, d)
		tried := p.WebSocket()
		wantRefused(p, 3)
		polled(t, p)
		tried.Send("4x")
		tried.WantClose(1000)
		tried.Conn.Close() //nolint:errcheck // nobody is left
		p.MustPost("1")
		p = s.poll(t, d)
		socket, _ := p.Upgrade()
		socket.Send("40/none,") // its refusal shows that the upgrade was taken
		if got := socket.Text(); !strings.HasPrefix(got, "44/none,") {
			t.Fatalf("got %s", got)
		}
		p.WantFault(http.MethodGet, "", nil, 3)
		p.WantFault(http.MethodPost, "", strings.NewReader(""), 3)
		wantRefused(p, 3)
		socket.Send("1")
		socket.WantClose(1000)
		socket.Conn.Close() //nolint:errcheck // nobody is left
		p.WantFault(http.MethodGet, "", nil, 1)
		p.WantFault(http.MethodPost, "", strings.NewReader(""), 1)
		wantRefused(p, 1)
		for _, sid := range []string{"%00", "..%2f..", strings.Repeat("x", 100_000), p.SID + "x", p.SID[:21], "undefined", "null"} {
			p.SID = sid
			p.WantFault(http.MethodGet, "", nil, 1)
			p.WantFault(http.MethodPost, "", strings.NewReader(""), 1)
			wantRefused(p, 1)
		}
	}
	for _, transport := range []string{"", "Polling", "polling%00", "flashsocket", "webtransport", "polling,websocket"} {
		s.wantAnswer(t, "GET /socket.io/?EIO=4&transport="+transport+" HTTP/1.1\r\nHost: x\r\n\r\n", 400, 0)
	}
}

// Hundreds of clients that shake hands and poll no more, or leave in the middle of a poll, keep nobody out; those who say
// goodbye or break a poll are forgotten at once.
func TestPolling_HandshakesInVainAreBorne(t *testing.T) {
	t.Parallel()
	s := lay(t)
	for i := range 300 {
		p := s.poll(t, polltest.Dialects[i%len(polltest.Dialects)])
		if i%2 == 0 {
			p.MustPost("1")
			continue
		}
		w := s.wire(t)
		w.send("GET " + p.Path("polling") + " HTTP/1.1\r\nHost: x\r\n\r\n")
		w.Close() //nolint:errcheck // it leaves
	}
	servertest.Eventually(t, "they are forgotten", func() bool { return s.Metrics()["parley_connections"] == s.before.connections })
}
