package engineio

// IsPolled reports whether a poll of the session is in progress.
func (s *Session) IsPolled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.get != nil
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
