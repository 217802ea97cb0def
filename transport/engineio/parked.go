package engineio

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

// parked is a GET that waits outside of net/http, whose goroutines and buffers are many times what it needs: it has the
// connection, and one goroutine that waits for the client's end or for being roused, by a deadline.
type parked struct {
	*exchange
	conn net.Conn
	// head is how the answer begins: the status line, and the headers but for those that finish adds.
	head []byte
	// ahead is what the client said after its request: what net/http had read of it, and at most one byte more. The rest waits
	// in the system's buffers.
	ahead []byte
	// hasMore says that the byte came. As in net/http, the end of such a client is seen no earlier than when it is answered.
	hasMore bool
	// stays says that the client keeps the connection for its next request.
	stays bool
}

// canPark reports whether the GET r may be parked. One that has a body, which nobody reads, is not: what follows it on the
// connection is no request. Nor is one of HTTP/1.0 that wants to keep its connection, for the sake of its own header.
func (e *Engine) canPark(r *http.Request) bool {
	return e.opts.Return != nil && r.ContentLength == 0 && (r.Close || r.ProtoAtLeast(1, 1))
}

// park takes g out of net/http and lets it wait there; false = that is not possible, as by HTTP/2.
func (s *Session) park(r *http.Request, g *exchange) bool {
	conn, buffered, err := g.rc.Hijack()
	if err != nil {
		return false
	}
	describe(g.w.Header(), s.framing.ContentType())
	p := &parked{exchange: g, conn: conn, head: headOf(r, g.w.Header()), stays: !r.Close}
	if n := buffered.Reader.Buffered(); n > 0 {
		read, _ := buffered.Reader.Peek(n) // they are there
		p.ahead = bytes.Clone(read)
	}
	s.mu.Lock()
	g.w, g.rc, g.parked = nil, nil, conn
	s.mu.Unlock()
	if err := r.Context().Err(); err != nil { // net/http has seen the client's end, and it may not be seen again
		p.gone(s, err)
		return true
	}
	s.engine.table.running.Add(1)
	go s.serveParked(p)
	return true
}

// headOf returns the beginning of an answer to r.
func headOf(r *http.Request, header http.Header) []byte {
	var b bytes.Buffer
	if r.ProtoAtLeast(1, 1) {
		b.WriteString("HTTP/1.1 200 OK\r\n")
	} else {
		b.WriteString("HTTP/1.0 200 OK\r\n")
	}
	_ = header.Write(&b) // a Buffer takes everything
	return bytes.Clone(b.Bytes())
}

// serveParked is what answerGet does, for p.
func (s *Session) serveParked(p *parked) {
	defer s.engine.table.end()
	for {
		_ = p.conn.SetReadDeadline(time.Time{}) // before the look: whoever rouses p after it sets it anew
		frames, told := s.take(p.exchange)
		if len(frames) > 0 {
			s.answerParked(p, s.body(frames), told)
			return
		}
		if err := p.wait(); err != nil {
			p.gone(s, err)
			return
		}
	}
}

// wait returns when p is roused, or with an error when the client is gone.
func (p *parked) wait() error {
	if p.hasMore {
		<-p.wake
		return nil
	}
	var more [1]byte
	n, err := p.conn.Read(more[:])
	if n > 0 {
		p.ahead = append(p.ahead, more[0])
		p.hasMore = true
		return nil
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}

// gone ends p, whose client went away.
func (p *parked) gone(s *Session, err error) {
	s.endGet(p.exchange)
	_ = p.conn.Close() // it is broken
	s.getFailed(false, err)
}

// atOnce is how much of an answer leaves after the session may be polled again; net/http's buffers would keep about as much.
const atOnce = 4 << 10

// answerParked answers p and gives its connection back. told is that of take.
func (s *Session) answerParked(p *parked, body []byte, told bool) {
	stays := p.stays && s.reason() != ReasonShutdown
	answer := p.finish(body, stays, time.Now())
	early := 0 // what must have left before
	if len(answer) > atOnce {
		early = len(answer) - 1
	}
	err := s.arm(p.exchange)
	if err == nil && early > 0 {
		_, err = p.conn.Write(answer[:early])
	}
	s.endGet(p.exchange)
	if err == nil {
		_, err = p.conn.Write(answer[early:])
	}
	if err == nil && stays {
		s.engine.opts.Return(p.conn, p.ahead)
		return
	}
	_ = p.conn.Close() // what it had to carry has left, or is lost
	if err != nil {
		s.getFailed(told, err)
	}
}

// finish returns the whole answer.
func (p *parked) finish(body []byte, stays bool, now time.Time) []byte {
	const rest = "Content-Length: 1234567890\r\nDate: " + http.TimeFormat + "\r\nConnection: close\r\n\r\n"
	answer := make([]byte, 0, len(p.head)+len(rest)+len(body))
	answer = append(answer, p.head...)
	answer = append(answer, "Content-Length: "...)
	answer = strconv.AppendInt(answer, int64(len(body)), 10)
	answer = append(answer, "\r\nDate: "...)
	answer = now.UTC().AppendFormat(answer, http.TimeFormat)
	if !stays {
		answer = append(answer, "\r\nConnection: close"...)
	}
	answer = append(answer, "\r\n\r\n"...)
	return append(answer, body...)
}
