package reentry_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/transport/reentry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen.
const patience = 10 * time.Second

// pair returns both ends of a connection.
func pair(t *testing.T) (client, server *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // it is not needed any more
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	nc, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Close()
		_ = nc.Close()
	})
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c.(*net.TCPConn), nc.(*net.TCPConn)
}

func open(t *testing.T, idle time.Duration) *reentry.Listener {
	t.Helper()
	l := reentry.New(&net.TCPAddr{}, idle)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// wantClosed fails the test unless the other side has closed the connection.
func wantClosed(t *testing.T, c net.Conn) {
	t.Helper()
	if rest, err := io.ReadAll(c); err != nil || len(rest) > 0 {
		t.Errorf("got %q, %v, want the end", rest, err)
	}
}

// What a client says next is a request, whether nothing, a part or all of it was read before: by a connection as it was accepted,
// and by one that has come back already.
func TestListener_ServesWhatComesNext(t *testing.T) {
	t.Parallel()
	const request = "GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"
	l := open(t, time.Hour)
	taken := make(chan net.Conn, 1)
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
		}
		_, _ = fmt.Fprintln(conn, r.URL.Path) // it is read below
		taken <- conn
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	client, conn := pair(t)
	in := bufio.NewReader(client)
	var next net.Conn = conn
	for i, read := range []int{0, 1, 10, len(request) - 1, 0} {
		text := fmt.Sprintf(request, i)
		if err := next.SetDeadline(time.Unix(1, 0)); err != nil { // it must mean nothing
			t.Fatal(err)
		}
		l.Return(next, []byte(text[:read]))
		if _, err := io.WriteString(client, text[read:]); err != nil {
			t.Fatal(err)
		}
		if line, err := in.ReadString('\n'); err != nil || line != fmt.Sprintf("/%d\n", i) {
			t.Fatalf("got %q, %v", line, err)
		}
		next = <-taken
	}
	l.Return(next, nil)
	if err := server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	<-served
	wantClosed(t, client)
}

// Who does not begin a request in time is closed, and so is who goes away; nobody hears of them.
func TestListener_IdleOnesAreClosed(t *testing.T) {
	t.Parallel()
	l := open(t, 50*time.Millisecond)
	client, conn := pair(t)
	l.Return(conn, nil)
	wantClosed(t, client)
	client, conn = pair(t)
	if err := client.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	l.Return(conn, nil)
	wantClosed(t, client)
	client, conn = pair(t)
	l.Return(struct{ net.Conn }{conn}, nil) // no way to read it again
	wantClosed(t, client)
	client, conn = pair(t)
	l.Return(conn, []byte("x"))
	nc, err := l.Accept()
	if err != nil || nc.RemoteAddr().String() != client.LocalAddr().String() {
		t.Errorf("got %v, %v", nc, err)
	}
}

// Close closes those that wait for their clients and those that wait for Accept, which ends, and those that come later.
func TestListener_CloseClosesAll(t *testing.T) {
	t.Parallel()
	l := open(t, 0)
	silent, conn := pair(t)
	l.Return(conn, nil)
	ready, conn := pair(t)
	l.Return(conn, []byte("x"))
	late, conn := pair(t)
	for range 2 {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	l.Return(conn, nil)
	for _, c := range []net.Conn{silent, ready, late} {
		wantClosed(t, c)
	}
	if nc, err := l.Accept(); err == nil {
		t.Errorf("accepted %v", nc)
	}
}

// A server that shuts down waits for the request that came by a returned connection, and takes no other.
func TestListener_ShutdownWaitsForRequests(t *testing.T) {
	t.Parallel()
	l := open(t, time.Hour)
	begun, end := make(chan struct{}), make(chan struct{})
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-end
		w.WriteHeader(http.StatusNoContent)
	})}
	go server.Serve(l) //nolint:errcheck // goleak tells whether it ends
	client, conn := pair(t)
	l.Return(conn, nil)
	if _, err := io.WriteString(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	<-begun
	shut := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		shut <- server.Shutdown(ctx)
	}()
	if nc, err := l.Accept(); err == nil { // returns when the Listener is closed
		t.Errorf("accepted %v", nc)
	}
	close(end)
	res, err := http.ReadResponse(bufio.NewReader(client), nil)
	if err != nil || res.StatusCode != http.StatusNoContent {
		t.Errorf("got %v, %v", res, err)
	}
	if err := <-shut; err != nil {
		t.Error(err)
	}
}

// What was given back is read first, and in order, by every way of reading.
func TestConn_ReadsAgain(t *testing.T) {
	t.Parallel()
	ways := map[string]func(io.Reader) (string, error){
		"Read": func(r io.Reader) (string, error) {
			text, err := io.ReadAll(r)
			return string(text), err
		},
		"WriteTo": func(r io.Reader) (string, error) {
			var b strings.Builder
			_, err := io.Copy(&b, r)
			return b.String(), err
		},
	}
	for name, wrap := range map[string]func(*net.TCPConn) rereadable{
		"Conn": func(tcp *net.TCPConn) rereadable { return &reentry.Conn{TCPConn: tcp} },
		"Over": func(tcp *net.TCPConn) rereadable { return &reentry.Over{Socket: tcp} },
	} {
		for way, readAll := range ways {
			client, tcp := pair(t)
			readsAgain(t, name+" "+way, client, wrap(tcp), readAll)
		}
	}
}

type rereadable interface {
	io.Reader
	Unread(b []byte)
}

func readsAgain(t *testing.T, name string, client *net.TCPConn, conn rereadable, readAll func(io.Reader) (string, error)) {
	t.Helper()
	conn.Unread([]byte("cd"))
	conn.Unread([]byte("ab"))
	one := make([]byte, 1)
	if n, err := conn.Read(one); n != 1 || err != nil || one[0] != 'a' {
		t.Fatalf("%s: got %d %q, %v", name, n, one, err)
	}
	conn.Unread([]byte("A"))
	if _, err := io.WriteString(client, "ef"); err != nil {
		t.Fatal(err)
	}
	if err := client.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := readAll(conn); got != "Abcdef" || err != nil {
		t.Errorf("%s: got %q, %v", name, got, err)
	}
}
