package hostile

import (
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/parley-im/parley/test/client"
)

// crowd is how many do the same.
const crowd = 200

// loiterers are beginnings of requests whose rest comes byte by byte, or never.
var loiterers = map[string]string{
	"silent":                     "",
	"half a method":              "GE",
	"half a handshake":           "GET /socket.io/?EIO=3&transport=websocket&auth=%7B%7D HTTP/1.1\r\nHost: x\r\nUpgrade: websock",
	"half a header":              "POST /groups HTTP/1.1\r\n" + signed() + "X-Slow: ",
	"a body that does not come":  "POST /groups HTTP/1.1\r\n" + signed() + "Content-Length: 1000\r\n\r\n{",
	"a body without permission":  "POST /groups HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
	"a body for the socket":      "POST /socket.io/?EIO=3&transport=polling HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n1",
	"a body for the health":      "POST /readyz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n1",
	"a chunk that does not come": "POST /rooms HTTP/1.1\r\n" + signed() + "Transfer-Encoding: chunked\r\n\r\nffff\r\n",
}

// While hundreds of connections loiter in every place that a request has, others get in and are served as if they were
// alone. When loiterers are cut is shown by internal/server, TestPort_LoiterersAreCut.
func TestSlow_LoiterersAreBorne(t *testing.T) {
	s := lay(t)
	var all []*wire
	for _, beginning := range loiterers {
		for range crowd {
			w := s.wire(t)
			w.send(beginning)
			all = append(all, w)
		}
	}
	drip := time.NewTicker(10 * time.Millisecond)
	defer drip.Stop()
	for i := range 20 {
		<-drip.C
		for _, w := range all {
			io.WriteString(w, "x") //nolint:errcheck // what is refused already may be closed
		}
		c := s.dial(fmt.Sprint("guest", i), client.Options{})
		s.befriend("tom", fmt.Sprint("guest", i))
		c.Cut()
	}
}

// Clients that ask and ask and never read an answer are not answered on and on, and hold up nobody.
func TestSlow_AnswersThatNobodyReads(t *testing.T) {
	s := lay(t)
	for _, path := range []string{"/readyz", "/ctx/tom", "/socket.io/"} {
		for range 5 {
			w := s.wire(t)
			if err := w.Conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
				t.Fatal(err)
			}
			asked := make(chan struct{})
			go func() {
				defer close(asked)
				for _, err := io.WriteString(w, request("GET", path, "")); err == nil; _, err = io.WriteString(w, request("GET", path, "")) {
				}
			}()
			t.Cleanup(func() { w.Close(); <-asked }) //nolint:errcheck // the end of the flood
		}
	}
	for i := range 10 {
		s.dial(fmt.Sprint("guest", i), client.Options{}).Cut()
	}
}
