package entry

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
)

// serve gives a request to the handler, unless it is not as it should be: false = it is left to the server, and nothing is taken of
// what was read.
func (l *Listener) serve(c Conn, in *input, head []byte) bool {
	again := borrow(bytes.NewReader(head))
	r, err := http.ReadRequest(again.Reader)
	again.giveBack()
	if err != nil || !isPlainUpgrade(r) || !isValid(r) {
		return false
	}
	_, _ = in.Discard(len(head)) // there is so much
	w := &writer{conn: c, in: in, header: make(http.Header)}
	defer w.end(l.opts.HeaderTimeout)
	defer l.survive()
	l.opts.Handler.ServeHTTP(w, r)
	w.WriteHeader(http.StatusOK)
	return true
}

// isPlainUpgrade reports whether a request asks for a WebSocket and has no body.
func isPlainUpgrade(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") && r.Host != "" && r.ContentLength == 0 &&
		len(r.TransferEncoding) == 0 && r.Header.Get("Expect") == ""
}

// isValid reports whether http.Server takes what a request says, as far as http.ReadRequest does not look.
func isValid(r *http.Request) bool {
	for name, values := range r.Header {
		if !httpguts.ValidHeaderFieldName(name) || slices.ContainsFunc(values, isBadValue) {
			return false
		}
	}
	return httpguts.ValidHostHeader(r.Host)
}

func isBadValue(value string) bool { return !httpguts.ValidHeaderFieldValue(value) }

// survive keeps a panic of the handler from ending the process, as http.Server does.
func (l *Listener) survive() {
	if r := recover(); r != nil && r != http.ErrAbortHandler { //nolint:errorlint // it is panicked with as it is
		l.opts.Logger.Error("a request for a WebSocket panicked", "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
	}
}

// writer is an http.ResponseWriter and http.Hijacker for one request.
type writer struct {
	conn   Conn
	in     *input
	header http.Header
	// status is that of the answer, 0 = there is none yet.
	status   int
	body     bytes.Buffer
	hijacked bool
}

// Header implements http.ResponseWriter.
func (w *writer) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *writer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write implements http.ResponseWriter.
func (w *writer) Write(b []byte) (int, error) {
	if w.hijacked {
		return 0, http.ErrHijacked
	}
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// handshakeBytes fits the answer that makes a connection a WebSocket.
const handshakeBytes = 256

// Hijack implements http.Hijacker. What is buffered of the reader is good until the handler returns.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.hijacked {
		return nil, nil, http.ErrHijacked
	}
	if err := w.conn.SetDeadline(time.Time{}); err != nil {
		return nil, nil, err
	}
	w.hijacked = true
	return w.conn, bufio.NewReadWriter(w.in.Reader, bufio.NewWriterSize(w.conn, handshakeBytes)), nil
}

// end sends what was answered, within a time, and closes the connection, unless it was hijacked.
func (w *writer) end(timeout time.Duration) {
	if w.hijacked {
		return
	}
	defer w.conn.Close() //nolint:errcheck // there is nobody to tell
	if w.status == 0 || w.conn.SetDeadline(time.Now().Add(timeout)) != nil {
		return // it panicked, or the client is gone
	}
	answer := http.Response{
		StatusCode: w.status, ProtoMajor: 1, ProtoMinor: 1, Header: w.header, Close: true,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()),
	}
	_ = answer.Write(w.conn) // a client that is gone needs none
}
