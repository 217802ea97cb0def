package link

import (
	"net"
	"sync"
	"time"

	pb "github.com/parley-im/parley/proto/parley/v1"
)

// session is one connection after its handshake: the peer's goroutine reads it, another one writes.
type session struct {
	conn  net.Conn
	times times
	out   *pending
	// over is closed by fail.
	over chan struct{}

	once sync.Once
	// reason is why it ended; set before over is closed.
	reason error
}

func newSession(conn net.Conn, opts *Options) *session {
	return &session{conn: conn, times: opts.times, out: newPending(opts.MaxPendingBytes), over: make(chan struct{})}
}

// read hands all frames to receive, and returns why there will be no more.
func (s *session) read(receive func(*pb.Frame)) error {
	r := newFrameReader(&patient{conn: s.conn, silence: s.times.silence})
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
	w := &patient{conn: s.conn, silence: s.times.silence}
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
		if _, err := w.Write(batch); err != nil {
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
