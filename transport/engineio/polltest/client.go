package polltest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-im/parley/transport/ws/wstest"
)

// Client is one session.
type Client struct {
	Dialect
	// SID is the session's id, OpenPacket its first packet, and First what came in the same answer.
	SID, OpenPacket string
	First           []string
	// HTTP does the requests; its connections are closed with the test.
	HTTP *http.Client

	t    testing.TB
	base string
}

// Answer is an answer of the server's.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	// Code is that of an error.
	Code int
}

// New returns a client of the server at the http URL base that has no session.
func New(t testing.TB, base string, d Dialect) *Client {
	t.Helper()
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &Client{Dialect: d, t: t, base: base, HTTP: &http.Client{Transport: transport, Timeout: wstest.Timeout}}
}

// Open opens a session; query is added to that of the handshake.
func Open(t testing.TB, base string, d Dialect, query string) *Client {
	t.Helper()
	c := New(t, base, d)
	packets := c.MustGet(query)
	c.OpenPacket, c.First = packets[0], packets[1:]
	var opened struct{ SID string }
	if !strings.HasPrefix(c.OpenPacket, "0") {
		t.Fatalf("first packet %s", c.OpenPacket)
	}
	if err := json.Unmarshal([]byte(c.OpenPacket[1:]), &opened); err != nil {
		t.Fatal(err)
	}
	c.SID = opened.SID
	return c
}

// Path is the target of the session's requests by that transport.
func (c *Client) Path(transport string) string {
	path := "/socket.io/?transport=" + transport + "&" + c.Query()
	if c.SID != "" {
		path += "&sid=" + c.SID
	}
	return path
}

// Do sends a request. A non-empty query is added to its own.
func (c *Client) Do(ctx context.Context, method, query, contentType string, body io.Reader) (Answer, error) {
	target := c.base + c.Path("polling")
	if query != "" {
		target += "&" + query
	}
	r, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return Answer{}, err
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	res, err := c.HTTP.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	a := Answer{Status: res.StatusCode, Header: res.Header, Body: string(text), Code: -1}
	var fault struct{ Code *int }
	if res.StatusCode != http.StatusOK && json.Unmarshal(text, &fault) == nil && fault.Code != nil {
		a.Code = *fault.Code
	}
	return a, err
}

// Get polls once.
func (c *Client) Get(ctx context.Context, query string) ([]string, error) {
	a, err := c.Do(ctx, http.MethodGet, query, "", nil)
	if err != nil {
		return nil, err
	}
	if a.Status != http.StatusOK || a.Header.Get("Content-Type") != c.AnswerType() {
		return nil, fmt.Errorf("poll: status %d, %s, %.200s", a.Status, a.Header.Get("Content-Type"), a.Body)
	}
	return c.Decode([]byte(a.Body))
}

// Post posts packets.
func (c *Client) Post(ctx context.Context, packets ...string) error {
	a, err := c.Do(ctx, http.MethodPost, "", c.PostType(), strings.NewReader(c.Encode(packets...)))
	if err != nil {
		return err
	}
	if a.Status != http.StatusOK || a.Body != "ok" || a.Header.Get("Content-Type") != "text/html" {
		return fmt.Errorf("post: status %d, %v, %.200s", a.Status, a.Header, a.Body)
	}
	return nil
}

// MustGet is Get; it fails the test unless packets come.
func (c *Client) MustGet(query string) []string {
	c.t.Helper()
	packets, err := c.Get(c.t.Context(), query)
	if err != nil {
		c.t.Fatal(err)
	}
	return packets
}

// MustPost is Post; it fails the test unless the packets are taken.
func (c *Client) MustPost(packets ...string) {
	c.t.Helper()
	if err := c.Post(c.t.Context(), packets...); err != nil {
		c.t.Fatal(err)
	}
}

// Want polls once and fails the test unless exactly these packets come.
func (c *Client) Want(packets ...string) {
	c.t.Helper()
	if got := c.MustGet(""); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", packets) {
		c.t.Fatalf("got  %q\nwant %q", got, packets)
	}
}

// WantFault sends a request and fails the test unless the answer is 400 with that code.
func (c *Client) WantFault(method, contentType string, body io.Reader, code int) {
	c.t.Helper()
	a, err := c.Do(c.t.Context(), method, "", contentType, body)
	if err != nil {
		c.t.Fatal(err)
	}
	if a.Status != http.StatusBadRequest || a.Code != code {
		c.t.Fatalf("%s: got %d %.200s, want 400 with code %d", method, a.Status, a.Body, code)
	}
}

// Waiting is a poll that is under way.
type Waiting struct {
	t    testing.TB
	done chan outcome
	// Cancel breaks its connection.
	Cancel context.CancelFunc
}

type outcome struct {
	packets []string
	err     error
}

// Wait begins a poll. It may not have reached the server when Wait returns.
func (c *Client) Wait() *Waiting {
	ctx, cancel := context.WithCancel(c.t.Context())
	w := &Waiting{t: c.t, done: make(chan outcome, 1), Cancel: cancel}
	go func() {
		packets, err := c.Get(ctx, "")
		w.done <- outcome{packets, err}
	}()
	return w
}

// Want fails the test unless exactly these packets come.
func (w *Waiting) Want(packets ...string) {
	w.t.Helper()
	o := <-w.done
	w.Cancel()
	if o.err != nil || fmt.Sprintf("%q", o.packets) != fmt.Sprintf("%q", packets) {
		w.t.Fatalf("got  %q, %v\nwant %q", o.packets, o.err, packets)
	}
}

// Done reports whether an answer has come.
func (w *Waiting) Done() bool { return len(w.done) > 0 }

// WebSocket opens one for the session.
func (c *Client) WebSocket() *wstest.Client {
	c.t.Helper()
	return wstest.Dial(c.t, c.base, c.Path("websocket"))
}

// Upgrade moves the session to a WebSocket, as clients do that have no poll under way. What a last poll got comes first.
func (c *Client) Upgrade() (*wstest.Client, []string) {
	c.t.Helper()
	s := c.WebSocket()
	s.Send("2probe")
	s.Want("3probe")
	last := c.MustGet("")
	s.Send("5")
	return s, last
}
