package eventlog

import (
	"io"
	"sync"
	"time"
)

// catchUpRTT is for how many of Raft's ticks a log is kept for a member that was sent the shard, once it is sent.
const catchUpRTT = 600

// sending is what a Raft log is kept for: the members that the shard is being sent to need what is said meanwhile, or they
// would be sent it again, and under load again and again. It is kept until it is longer than what was sent. Safe for concurrent use.
type sending struct {
	mu sync.Mutex
	// open counts those that are under way; once they have ended, the log is kept until then.
	open  int
	until time.Time
	// from is how many bytes of log there were when the first of them began, and sent how many were sent since.
	from, sent int64
}

// begin takes note that the shard is about to be sent as of now, when its log has grown by so many bytes.
func (s *sending) begin(grown int64, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == 0 && !now.Before(s.until) {
		s.from, s.sent = grown, 0
	}
	s.open++
}

// end takes note that it was sent, or will not be. Whoever got it has until then to catch up.
func (s *sending) end(until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	s.until = until
}

// keeps reports whether a log that has grown by so many bytes is needed. It may always grow by spare.
func (s *sending) keeps(grown, spare int64, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return (s.open > 0 || now.Before(s.until)) && grown < s.from+max(spare, s.sent)
}

// cut takes note that the log was cut.
func (s *sending) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.from = 0
}

// to returns w, counting what is sent to it.
func (s *sending) to(w io.Writer) io.Writer { return sender{w, s} }

type sender struct {
	w io.Writer
	s *sending
}

func (s sender) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.s.mu.Lock()
	defer s.s.mu.Unlock()
	s.s.sent += int64(n)
	return n, err
}
