package engineio

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"

	"github.com/parley-im/parley/transport/engineio/payload"
)

// servePost takes packets from the client. It is answered when all of them have been heard, so that a client is held back
// while its session is paused.
func (s *Session) servePost(w http.ResponseWriter, r *http.Request) *fault {
	p := newExchange(w)
	if f := s.begin(&s.mu.post, p); f != nil {
		return f
	}
	defer s.endPost(p) // wherever it was not called before
	if f := s.hearPost(p, w, r); f != nil {
		return f
	}
	// Old browsers would offer text/plain as a download. A client that does not take it need not know.
	_ = s.answer(p, "text/html", []byte("ok"), func() { s.endPost(p) })
	return nil
}

// endPost makes room for the next POST, lets the WebSocket be read if there is one by now, and forgets the session if it
// ended meanwhile. It may have been called before.
func (s *Session) endPost(p *exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.post != p {
		return
	}
	s.mu.post = nil
	s.steerLocked()
	if s.isOverLocked() {
		s.forgetLocked()
	}
}

// hearPost takes the packets of a body, or ends the session when there is no sense in it.
func (s *Session) hearPost(p *exchange, w http.ResponseWriter, r *http.Request) *fault {
	if s.reason() != "" {
		return nil // an error would keep the client from fetching what it is still to be told
	}
	body, err := readBody(w, r, s.engine.opts.WebSocket.MaxMessageBytes)
	if err != nil {
		s.bodyFailed(err)
		return faultRequest
	}
	packets, err := s.split(r.Header.Get("Content-Type"), body)
	if err != nil {
		s.end(ReasonViolation, false)
		return faultRequest
	}
	for packet := range packets {
		if reason := s.awaitTurn(p); reason == ReasonClient {
			return nil // it said goodbye before
		} else if reason != "" {
			return faultSID
		}
		s.hear(bytes.Clone(packet)) // what is kept of it must not keep the body
	}
	return nil
}

// awaitTurn waits while the session is paused; it returns why the session has ended, "" = it has not.
func (s *Session) awaitTurn(p *exchange) Reason {
	for {
		s.mu.Lock()
		reason, paused := s.mu.reason, s.mu.paused
		s.mu.Unlock()
		if reason != "" || !paused {
			return reason
		}
		<-p.wake
	}
}

var errTooLong = errors.New("engineio: body is too long")

// readBody reads the body of a POST, unless it is longer than limit, or says that it is.
func readBody(w http.ResponseWriter, r *http.Request, limit int) ([]byte, error) {
	if r.ContentLength > int64(limit) {
		return nil, errTooLong
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(limit)))
	if long := new(http.MaxBytesError); errors.As(err, &long) {
		return nil, errTooLong
	}
	return body, err
}

// bodyFailed ends a session whose packets do not come. One that was upgraded meanwhile goes on: its client knows what it
// could not post.
func (s *Session) bodyFailed(err error) {
	reason := ReasonGone
	if errors.Is(err, errTooLong) {
		reason = ReasonViolation
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wire.Load() == nil {
		s.endLocked(reason, false)
	}
}

// errBinary says that revision 4 posts text only.
var errBinary = errors.New("engineio: binary body")

// split returns the packets of a body. How revision 3 framed it, its content type tells.
func (s *Session) split(contentType string, body []byte) (iter.Seq[[]byte], error) {
	binary := isBinary(contentType)
	switch {
	case s.rev == Rev4 && binary:
		return nil, errBinary
	case s.rev == Rev4:
		return payload.Split(payload.Text4, body)
	case binary:
		return payload.Split(payload.Binary3, body)
	}
	return payload.Split(payload.Text3, body)
}

func isBinary(contentType string) bool {
	name, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(name), "application/octet-stream")
}
