package entry_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/transport/entry"
	"github.com/parley-im/parley/transport/reentry"
)

// patience is how long a test waits for what must happen.
const patience = 10 * time.Second

// tcp is a listener of connections to which can be given back.
type tcp struct{ net.Listener }

func (l tcp) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &reentry.Conn{TCPConn: nc.(*net.TCPConn)}, nil
}

// start serves handler to who asks for /ws by GET, and to all others a server that answers "server: METHOD PATH BODY".
func start(t *testing.T, headerTimeout time.Duration, handler http.HandlerFunc) (addr string) {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := entry.New(tcp{inner}, entry.Options{
		Handler: handler, HeaderTimeout: headerTimeout,
		Wants: func(method, target []byte) bool {
			return string(method) == "GET" && bytes.HasPrefix(target, []byte("/ws"))
		},
	})
	server := http.Server{ReadHeaderTimeout: headerTimeout, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "server: %s %s %s", r.Method, r.URL.Path, body)
	})}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Close()
		<-ended
		if err := l.Close(); err != nil {
			t.Errorf("the second close: %v", err)
		}
	})
	return inner.Addr().String()
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c
}

// ask writes the parts one by one and returns all that comes.
func ask(t *testing.T, addr string, parts ...string) string {
	t.Helper()
	c := dial(t, addr)
	for _, p := range parts {
		if _, err := io.WriteString(c, p); err != nil {
			t.Fatal(err)
		}
	}
	all, err := io.ReadAll(c)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection did not end in %v", patience)
	}
	return string(all)
}

// answers hijacks, and writes what it was asked, what had come behind that, and what comes then.
func answers(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("no") != "" {
			w.Header().Set("X-Why", "because")
			http.Error(w, "not you", http.StatusForbidden)
			return
		}
		if r.URL.Query().Get("panic") != "" {
			panic("as told")
		}
		c, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		ahead, _ := rw.Reader.Peek(rw.Reader.Buffered())
		fmt.Fprintf(rw, "handler: %s %s, then %q", r.URL.RawQuery, r.Header.Get("X-Name"), ahead)
		rw.Flush()
		if _, _, err := w.(http.Hijacker).Hijack(); err == nil {
			t.Error("it can be hijacked twice")
		}
	}
}

const (
	upgrade = "Host: x\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n"
	last    = "Host: x\r\nConnection: close\r\n"
)

// Who asks for a WebSocket comes to the handler, whole or in parts, with what was sent ahead. All others come to the server, which reads
// all of it. Checked by breaking it: without the Discard what is ahead begins with the request; without the Unread the server
// waits for what was read.
func TestListener_LetsIn(t *testing.T) {
	t.Parallel()
	addr := start(t, patience, answers(t))
	long := strings.Repeat("x", 5000)
	for name, c := range map[string]struct {
		want  string
		parts []string
	}{
		"a WebSocket": {`handler: a=1 tom, then ""`, []string{"GET /ws?a=1 HTTP/1.1\r\nX-Name: tom\r\n" + upgrade + "\r\n"}},
		"in parts":    {`handler: a=1 , then ""`, []string{"G", "ET /ws?a=1 HTT", "P/1.1\r\n" + upgrade, "\r", "\n"}},
		"and more":    {`handler: a=1 , then "hello"`, []string{"GET /ws?a=1 HTTP/1.1\r\n" + upgrade + "\r\nhello"}},
		"refused":     {"not you\n", []string{"GET /ws?no=1 HTTP/1.1\r\n" + upgrade + "\r\n"}},
		"panic":       {"", []string{"GET /ws?panic=1 HTTP/1.1\r\n" + upgrade + "\r\n"}},

		"another method":  {"server: POST /ws body", []string{"POST /ws HTTP/1.1\r\n" + last + "Content-Length: 4\r\n\r\n", "body"}},
		"another path":    {"server: GET /x ", []string{"GET /x HTTP/1.1\r\n" + last + "\r\n"}},
		"no WebSocket":    {"server: GET /ws ", []string{"GET /ws HTTP/1.1\r\n" + last + "\r\n"}},
		"a body":          {"server: GET /ws body", []string{"GET /ws HTTP/1.1\r\nConnection: close\r\n" + upgrade + "Content-Length: 4\r\n\r\nbody"}},
		"chunks":          {"server: GET /ws body", []string{"GET /ws HTTP/1.1\r\nConnection: close\r\n" + upgrade + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"}},
		"an old version":  {"server: GET /ws ", []string{"GET /ws HTTP/1.0\r\n" + upgrade + "\r\n"}},
		"no host":         {"missing required Host header", []string{"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"}},
		"a long header":   {"server: GET /ws ", []string{"GET /ws HTTP/1.1\r\nConnection: close\r\n" + upgrade + "X-Long: " + long, "\r\n\r\n"}},
		"a long line":     {"server: GET /ws ", []string{"GET /ws?" + long + " HTTP/1.1\r\nConnection: close\r\n" + upgrade + "\r\n"}},
		"a broken header": {"400 Bad Request", []string{"GET /ws HTTP/1.1\r\n: x\r\n" + upgrade + "\r\n"}},
		"bare LF":         {"server: GET /x ", []string{"GET /x HTTP/1.1\nHost: x\nConnection: close\n\n"}},
		"an early end":    {"server: GET /ws ", []string{"GET /ws HTTP/1.1\r\nConnection: close\r\n" + upgrade + "\nX: y\r\n\r\n"}},
		"a NUL":           {"400 Bad Request", []string{"GET /ws HTTP/1.1\r\n" + upgrade + "X: \x00y\r\n\r\n"}},
		"an odd name":     {"400 Bad Request: invalid header name", []string{"GET /ws HTTP/1.1\r\n" + upgrade + "X Y: y\r\n\r\n"}},
		"an odd host":     {"400 Bad Request: malformed Host header", []string{"GET /ws HTTP/1.1\r\nHost: <x>\r\nUpgrade: websocket\r\n\r\n"}},
		"nonsense":        {"400 Bad Request", []string{"\x16\x03\x01 nonsense\r\n\r\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := ask(t, addr, c.parts...); !strings.HasSuffix(got, c.want) || (c.want == "") != (got == "") {
				t.Errorf("got %q, want %q at its end", got, c.want)
			}
		})
	}
}

// What the handler answers in place of hijacking is an answer like any other.
func TestListener_SendsWhatIsAnswered(t *testing.T) {
	t.Parallel()
	addr := start(t, patience, answers(t))
	c := dial(t, addr)
	io.WriteString(c, "GET /ws?no=1 HTTP/1.1\r\n"+upgrade+"\r\n")
	a, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if a.StatusCode != http.StatusForbidden || a.Header.Get("X-Why") != "because" || string(body) != "not you\n" || err != nil || !a.Close {
		t.Errorf("%s, %v, %q, %v", a.Status, a.Header, body, err)
	}
}

// Who says nothing, or not all, is cut after the time for a header. Checked by breaking it: without
// the deadline nobody is.
func TestListener_CutsWhoIsSlow(t *testing.T) {
	t.Parallel()
	const timeout = 200 * time.Millisecond
	addr := start(t, timeout, answers(t))
	for _, said := range []string{"", "GET /w", "GET /ws HTTP/1.1\r\nHost"} {
		began := time.Now()
		if got := ask(t, addr, said); got != "" || time.Since(began) < timeout {
			t.Errorf("%q: got %q after %v", said, got, time.Since(began))
		}
	}
}

// Close closes the connections that have said nothing, and frees whoever accepts. goleak says that nobody is left.
func TestListener_Close(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := entry.New(tcp{inner}, entry.Options{
		Handler: http.NotFoundHandler(), HeaderTimeout: time.Hour, Wants: func([]byte, []byte) bool { return false },
	})
	silent, waits := dial(t, inner.Addr().String()), dial(t, inner.Addr().String())
	io.WriteString(waits, "GET / HTTP/1.1\r\n\r\n") // nobody accepts it
	accepted := make(chan error, 1)
	if c, err := l.Accept(); err != nil {
		t.Fatal(err)
	} else {
		c.Close()
	}
	go func() {
		_, err := l.Accept()
		accepted <- err
	}()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := <-accepted; err == nil {
		t.Error("Accept returned a connection of a listener that is closed")
	}
	if n, err := silent.Read(make([]byte, 1)); n > 0 || err == nil {
		t.Errorf("read %d bytes, %v, from a connection that should be closed", n, err)
	}
}
