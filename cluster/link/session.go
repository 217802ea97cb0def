package link

import (
	"io"
	"net"
	"sync"
	"time"

	pb "github.com/parley-im/parley/proto/parley/v1"
)

// session is one connection after its handshake: the peer's goroutine reads it, another one writes.
type session struct {
	// conn is the TCP connection, also where TLS is spoken over it: it is closed without a word, which might have to wait.
	conn *patient
	// stream is what is spoken: conn, or TLS over it.
	stream io.ReadWriter
	times  times
	out    *pending
	// over is closed by fail.
	over chan struct{}

	once sync.Once
	// reason is why it ended; set before over is closed.
	reason error
}

func newSession(conn net.Conn, opts *Options) *session {
	s := &session{times: opts.times, out: newPending(opts.MaxPendingBytes), over: make(chan struct{})}
	if c, ok := conn.(*secured); ok {
		s.conn, s.stream = c.below, c
	} else {
		s.conn = &patient{Conn: conn}
		s.stream = s.conn
	}
	s.conn.silence = opts.times.silence
	return s
}

// read hands all frames to receive, and returns why there will be no more.
func (s *session) read(receive func(*pb.Frame)) error {
	r := newFrameReader(s.stream)
	for {
		f, err := r.next()
		if err != nil {
			return err
		}
		receive(f)
	}
}

// write writes what is pending as soon as there is something, all of it at once, until the session ends.
func (s *session) write() {
	beat := time.NewTicker(s.times.keepalive)
	defer beat.Stop()
	var spare []byte
	for {
		select {
		case <-s.over:
			return
		case <-s.out.ready:
		case <-beat.C:
		}
		batch := s.out.take(spare)
		if len(batch) == 0 {
			batch = append(batch, signOfLife[:]...)
		}
		s.conn.rest()
		if _, err := s.stream.Write(batch); err != nil {
			s.fail(err)
			return
		}
		s.out.written()
		spare = reusable(batch)
		beat.Reset(s.times.keepalive)
	}
}

// fail ends the session: whoever comes first gives the reason. It does not wait for reader and writer.
func (s *session) fail(reason error) {
	s.once.Do(func() {
		s.reason = reason
		_ = s.conn.Close()
		s.out.drop()
		close(s.over)
	})
}

// why returns the reason once the session has ended.
func (s *session) why() error {
	<-s.over
	return s.reason
}
