package server

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// brief are times that a test can wait for.
var brief = times{header: 50 * time.Millisecond, request: 100 * time.Millisecond, answer: 2 * time.Second, idle: 50 * time.Millisecond}

// calm are times that a test can wait for as well, and in which a busy machine does what has to be done.
var calm = times{header: time.Second, request: time.Second, answer: patience, idle: time.Second}

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// openPort serves h on a port with brief times.
func openPort(t *testing.T, h http.HandlerFunc) (addr string) {
	t.Helper()
	p := servePort(t, 100, brief)
	p.gate.open(h)
	return p.Addr().String()
}

// servePort serves on a port whose gate is closed, with room for so many.
func servePort(t *testing.T, room int, times times) *port {
	t.Helper()
	l, err := listen(t.Context(), "listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := newPort(newCrowd(l, room), times, slog.New(slog.DiscardHandler))
	serveTest(t, p)
	return p
}

// serveTest serves until the test ends.
func serveTest(t *testing.T, p *port) {
	t.Helper()
	served := make(chan error, 1)
	go func() { served <- p.serve() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := p.close(ctx); err != nil {
			t.Error(err)
		}
		<-served
	})
}

// connect sends text on a new connection.
func connect(t *testing.T, addr, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() }) //nolint:errcheck // it may be closed already
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

// A connection that is silent, whose request comes byte by byte, or whose next one does not come, is cut, wherever it
// stopped and whoever should have read it. Fails when one of the times for reading is not set.
func TestPort_LoiterersAreCut(t *testing.T) {
	t.Parallel()
	addr := openPort(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/read" {
			io.Copy(io.Discard, r.Body) //nolint:errcheck // what is cut is an error, too
		}
		w.WriteHeader(http.StatusBadRequest)
	})
	for name, c := range map[string]struct{ begin, drip string }{
		"silent":                         {"", ""},
		"half a method":                  {"GE", "T"},
		"header byte by byte":            {"GET / HTTP/1.1\r\nHost: x\r\nX: ", "x"},
		"header without an end":          {"GET / HTTP/1.1\r\nHost: x\r\n", "X: x\r\n"},
		"body byte by byte":              {"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", "x"},
		"body that does not come":        {"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", ""},
		"chunk byte by byte":             {"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n", "x"},
		"unread body byte by byte":       {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", "x"},
		"unread body that does not come": {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", ""},
		"idle":                           {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := connect(t, addr, c.begin)
			stop := drip(conn, c.drip)
			defer stop()
			if _, err := io.Copy(io.Discard, conn); isTimeout(err) {
				t.Errorf("it is still there after %v", patience)
			}
		})
	}
}

// drip sends text every few milliseconds until it is stopped.
func drip(c net.Conn, text string) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				io.WriteString(c, text) //nolint:errcheck // it is to be cut
			case <-quit:
				return
			}
		}
	}()
	return func() { close(quit); <-done }
}

func isTimeout(err error) bool {
	var late net.Error
	return errors.As(err, &late) && late.Timeout()
}

// An answer that nobody reads does not hold its handler for ever. Fails without a time for answers.
func TestPort_UnreadAnswersAreCut(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	addr := openPort(t, func(w http.ResponseWriter, _ *http.Request) {
		defer close(ended)
		for _, err := w.Write(make([]byte, 1<<20)); err == nil; _, err = w.Write(make([]byte, 1<<20)) {
		}
	})
	connect(t, addr, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	select {
	case <-ended:
	case <-time.After(patience):
		t.Error("the handler still writes")
	}
}

// A handler that holds its answer for longer than a request may take is not disturbed: its context lives and its answer
// arrives. Neither package http's documentation nor ours may change that.
func TestPort_HeldAnswersAreNotCut(t *testing.T) {
	t.Parallel()
	p := servePort(t, 100, calm)
	p.gate.open(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // it is there
		select {
		case <-r.Context().Done():
		case <-time.After(calm.request + calm.header/2):
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	for _, request := range []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"} {
		res, err := http.ReadResponse(bufio.NewReader(connect(t, p.Addr().String(), request)), nil)
		if err != nil || res.StatusCode != http.StatusNoContent {
			t.Errorf("%s: got %v, %v", request[:strings.Index(request, " ")], res, err)
		}
	}
}
