package hostile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// wire is a bare TCP connection to the clients' listener. Each answer must come within patience.
type wire struct {
	net.Conn
	t  testing.TB
	br *bufio.Reader
}

func (s *siege) wire(t testing.TB) *wire {
	t.Helper()
	c, err := net.DialTimeout("tcp", s.Listen, patience)
	if err == nil {
		t.Cleanup(func() { c.Close() }) //nolint:errcheck // it may be closed already
		err = c.SetDeadline(time.Now().Add(patience))
	}
	if err != nil {
		t.Fatal(err)
	}
	return &wire{Conn: c, t: t, br: bufio.NewReader(c)}
}

// send writes bytes as they are.
func (w *wire) send(text string) {
	w.t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		w.t.Fatal(err)
	}
}

// answer reads the answer to a request of that method.
func (w *wire) answer(method string) (status int, body string) {
	w.t.Helper()
	_ = w.SetDeadline(time.Now().Add(patience)) // a connection is there
	res, err := http.ReadResponse(w.br, &http.Request{Method: method})
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// signed are the headers of a request that is let in.
func signed() string {
	return fmt.Sprintf("Host: x\r\nX-ML-AppId: %s\r\nX-ML-Request-Sign: %s\r\n", servertest.App, client.SignNow(servertest.ClientKey))
}

// request is a whole request that is let in. The target goes out as it is.
func request(method, target, body string) string {
	return fmt.Sprintf("%s %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s", method, target, signed(), len(body), body)
}

// get reads a path as one who is let in.
func (s *siege) get(t testing.TB, path string) (status int, body string) {
	t.Helper()
	w := s.wire(t)
	w.send(request(http.MethodGet, path, ""))
	return w.answer(http.MethodGet)
}

// wantAnswer sends a request and fails the test unless status and error code come back; code 0 = the body is not looked at.
func (s *siege) wantAnswer(t testing.TB, raw string, status, code int) {
	t.Helper()
	w := s.wire(t)
	w.send(raw)
	method, _, _ := strings.Cut(raw, " ")
	got, body := w.answer(method)
	if got != status || code != 0 && client.ErrorCode([]byte(body)) != code {
		t.Errorf("%s: got %d %s, want %d, code %d", raw[:min(len(raw), 80)], got, body, status, code)
	}
}

// wantEnd fails the test unless the server closes the connection.
func (w *wire) wantEnd() {
	w.t.Helper()
	n, err := io.Copy(io.Discard, w.br)
	var late net.Error
	if errors.As(err, &late) && late.Timeout() || n > 0 {
		w.t.Errorf("the connection is still open: %d bytes came, %v", n, err)
	}
}
