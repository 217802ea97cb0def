package engineio

import "time"

// IsPolled reports whether a poll of the session is in progress.
func (s *Session) IsPolled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.get != nil
}

// IsAtRest reports whether a poll of the session waits and is parked, or will not be for long.
func (s *Session) IsAtRest() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.get != nil && (s.mu.get.parked != nil || s.engine.opts.ParkAfter > time.Minute)
}

// IsPosted reports whether a POST of the session is in progress.
func (s *Session) IsPosted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.post != nil
}

// IsProbed reports whether an upgrade of the session is under way.
func (s *Session) IsProbed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.probe != nil
}

// Sessions returns how many sessions can be found, those included that ended while a request of theirs was in progress.
func (e *Engine) Sessions() int {
	e.table.mu.Lock()
	defer e.table.mu.Unlock()
	return len(e.table.mu.sessions)
}
