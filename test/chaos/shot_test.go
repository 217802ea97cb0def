package chaos

import (
	"sync"
)

// shot is a conversation of strangers in which the one says one message to the other just before each fault. Nobody touches the
// conversation until the next one, so that what its owner committed and did not deliver before it died is delivered by its
// successor of its own accord, or not at all.
type shot struct {
	conversation string
	receiver     *user
	cue          chan struct{} // of one

	mu sync.Mutex
	// open: it was fired, and has no success yet. Otherwise last is what had success last, nil = nothing yet.
	open bool
	last *message
}

// fire lets the speaker say one message, unless the last is still open.
func (s *shot) fire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.open {
		s.open = true
		s.cue <- struct{}{}
	}
}

// turn is ready when the speaker may say the next message: always, for one who is not shooting.
func (s *shot) turn() <-chan struct{} {
	if s == nil {
		return always
	}
	return s.cue
}

var always = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// hit notes a success.
func (s *shot) hit(m *message) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open, s.last = false, m
}

// lagging says what is not yet as it should be, "" = nothing: it is acknowledged, and who was connected when it was said, and
// still is, has heard it.
func (s *shot) lagging() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.receiver.present()
	switch {
	case s.open:
		return "who speaks in " + s.conversation
	case s.last == nil || l == nil || l.started().After(s.last.invoked) || l.last(s.conversation) >= s.last.n:
		return ""
	}
	return s.receiver.name + ", who is connected and should have heard " + s.last.body
}
