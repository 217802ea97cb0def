package ws

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"time"
)

// answer is an http.ResponseWriter that keeps what is said over the connection that was taken from it, so that the answer to a
// handshake goes out in one write with the first frames.
type answer struct {
	http.ResponseWriter
	text bytes.Buffer
}

// answerBytes fits the answer to a handshake.
const answerBytes = 256

// Hijack implements http.Hijacker.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, rw, err := http.NewResponseController(a.ResponseWriter).Hijack()
	if err != nil {
		return nc, rw, err
	}
	return nc, bufio.NewReadWriter(rw.Reader, bufio.NewWriterSize(&a.text, answerBytes)), nil
}

// refuse writes what was said, and closes the connection.
func (a *answer) refuse(nc net.Conn, timeout time.Duration) {
	defer nc.Close() //nolint:errcheck // the error of the handshake says more
	if nc.SetWriteDeadline(time.Now().Add(timeout)) == nil {
		_, _ = nc.Write(a.text.Bytes()) // as above
	}
}
