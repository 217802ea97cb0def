package server

import (
	"bufio"
	"io"
	"net/http"
	"testing"
	"time"
)

// giveBack answers 204 on the connection of its request, which it takes from net/http and gives back.
func (p *port) giveBack(w http.ResponseWriter, _ *http.Request) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err) // net/http tells the test by closing the connection
	}
	read, _ := buffered.Reader.Peek(buffered.Reader.Buffered())    // they are there
	_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n") // its end is seen below
	p.back.Return(conn, append([]byte(nil), read...))
}

// A connection that a handler took and gave back is served on and on, and is one guest all the while, however often it came.
//
// Checked by breaking it: when a guest does not say that it leaves, it stays for ever.
func TestPort_ReturnedConnectionIsTheSameGuest(t *testing.T) {
	t.Parallel()
	p := servePort(t, 2, usual) // one, and the one that is waited for
	p.gate.open(http.HandlerFunc(p.giveBack))
	present := p.Listener.(*crowd).present
	conn := connect(t, p.Addr().String(), "")
	in := bufio.NewReader(conn)
	for range 20 {
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(in, nil)
		if err != nil || res.StatusCode != http.StatusNoContent {
			t.Fatalf("got %v, %v", res, err)
		}
		if len(present) != 2 {
			t.Errorf("%d are present, want 2", len(present))
		}
	}
	conn.Close() //nolint:errcheck // it is to leave
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(patience); len(present) != 1; <-look.C {
		if time.Now().After(end) {
			t.Fatalf("%d are present, want the one that is waited for", len(present))
		}
	}
}

// On a returned connection who dawdles is cut as on any: who does not begin the next request, and who does not end its header.
//
// Checked by breaking it: without an idle time in port.back the first stays.
func TestPort_ReturnedLoiterersAreCut(t *testing.T) {
	t.Parallel()
	p := servePort(t, 100, brief)
	p.gate.open(http.HandlerFunc(p.giveBack))
	const first = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	for name, c := range map[string]struct{ begin, drip string }{
		"idle":                {first, ""},
		"half a method":       {first + "G", "E"},
		"header byte by byte": {first + "GET / HTTP/1.1\r\nX: ", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := connect(t, p.Addr().String(), c.begin)
			stop := drip(conn, c.drip)
			defer stop()
			if _, err := io.Copy(io.Discard, conn); isTimeout(err) {
				t.Errorf("it is still there after %v", patience)
			}
		})
	}
}

// A returned connection waits for its next request as long as any other that is kept, longer than the header of a new one may
// take.
//
// Checked by breaking it: when port.back has the time for headers instead, the second request comes too late.
func TestPort_ReturnedConnectionMayBeIdle(t *testing.T) {
	t.Parallel()
	times := calm
	times.idle = 10 * patience
	p := servePort(t, 100, times)
	p.gate.open(http.HandlerFunc(p.giveBack))
	const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	conn := connect(t, p.Addr().String(), request)
	in := bufio.NewReader(conn)
	for range 2 {
		res, err := http.ReadResponse(in, nil)
		if err != nil || res.StatusCode != http.StatusNoContent {
			t.Fatalf("got %v, %v", res, err)
		}
		<-time.After(3 * times.header)
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
	}
}
