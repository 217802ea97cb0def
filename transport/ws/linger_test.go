package ws_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-im/parley/transport/ws"
	"github.com/parley-im/parley/transport/ws/wstest"
)

// pipeEnd is the server's end of a pipe that says when it was closed. It is also the ResponseWriter that hands it over.
type pipeEnd struct {
	net.Conn
	http.ResponseWriter
	closed chan time.Time
}

func (w *pipeEnd) Write(b []byte) (int, error) { return w.Conn.Write(b) }

func (w *pipeEnd) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w, bufio.NewReadWriter(bufio.NewReader(w), bufio.NewWriter(w)), nil
}

// CloseWrite is what a pipe cannot; without it nobody would wait for the other side.
func (w *pipeEnd) CloseWrite() error { return nil }

func (w *pipeEnd) Close() error {
	w.closed <- time.Now()
	return w.Conn.Close()
}

// open starts a connection over a pipe and returns its Conn, the server's end, and the client's.
func open(t *testing.T) (*peer, *pipeEnd, net.Conn) {
	t.Helper()
	near, far := net.Pipe()
	w := &pipeEnd{Conn: near, ResponseWriter: httptest.NewRecorder(), closed: make(chan time.Time, 1)}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	} {
		r.Header.Set(name, value)
	}
	go io.Copy(io.Discard, far) //nolint:errcheck // what the client hears is not looked at
	p := &peer{heard: echo, closed: make(chan error, 1)}
	if err := ws.NewServer(ws.Options{}).Upgrade(w, r, func(c ws.Conn) ws.Handler { p.Conn = c; return p }); err != nil {
		t.Fatal(err)
	}
	return p, w, far
}

// Who was let go has 2 s to close its side, whether it is silent or keeps talking; then it is cut. Who closes earlier is
// not waited for any longer. Time is synctest's, and exact.
//
// Checked by breaking it: without the deadline nobody is cut.
func TestConn_WaitsSoLongForTheOtherSideToClose(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		client func(net.Conn)
		took   time.Duration
	}{
		"silent":   {func(net.Conn) {}, 2 * time.Second},
		"talking":  {talk, 2 * time.Second},
		"in time":  {closeAfter(1999 * time.Millisecond), 1999 * time.Millisecond},
		"too late": {closeAfter(2001 * time.Millisecond), 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, w, far := open(t)
				var client sync.WaitGroup
				client.Go(func() { c.client(far) })
				defer client.Wait()
				defer far.Close() //nolint:errcheck // a pipe
				synctest.Wait()
				began := time.Now()
				p.Close(ws.CloseNormal)
				select {
				case at := <-w.closed:
					if took := at.Sub(began); took != c.took {
						t.Errorf("the socket was closed after %v, want %v", took, c.took)
					}
				case <-time.After(time.Minute):
					t.Error("the socket is still open after a minute")
				}
			})
		})
	}
}

// talk says something every 10 ms until it is cut.
func talk(c net.Conn) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	frame := wstest.Frame(0x80|wstest.Text, true, []byte("x"))
	for _, err := c.Write(frame); err == nil; _, err = c.Write(frame) {
		<-tick.C
	}
}

func closeAfter(d time.Duration) func(net.Conn) {
	return func(c net.Conn) {
		<-time.After(d)
		_ = c.Close() // a pipe
	}
}
