package fanout

// stream is what one member has heard from one sender.
type stream struct {
	// next is the number after the highest that was heard.
	next uint32
	// missing are the numbers below next that were not.
	missing []span
}

// span is the numbers from, from+1, ... up to but not including to.
type span struct{ from, to uint32 }

// verdict is what to think of a message that was heard.
type verdict uint8

const (
	inOrder    verdict = iota // heard for the first time, and after all that were said before it
	outOfOrder                // heard for the first time, but after a later one
	doubled                   // heard before
)

// note notes that the message seq was heard.
func (s *stream) note(seq uint32) verdict {
	switch {
	case seq == s.next:
		s.next++
		return inOrder
	case seq > s.next:
		s.missing = append(s.missing, span{s.next, seq})
		s.next = seq + 1
		return inOrder // the ones that it overtook are out of order, when they come
	}
	for i := range s.missing {
		if m := s.missing[i]; m.from <= seq && seq < m.to {
			s.fill(i, seq)
			return outOfOrder
		}
	}
	return doubled
}

// fill takes seq out of the i-th missing span.
func (s *stream) fill(i int, seq uint32) {
	m := s.missing[i]
	s.missing = append(s.missing[:i], s.missing[i+1:]...)
	for _, part := range []span{{m.from, seq}, {seq + 1, m.to}} {
		if part.from < part.to {
			s.missing = append(s.missing, part)
		}
	}
}

// lost returns how many of the first sent messages were not heard.
func (s *stream) lost(sent uint32) (n int64) {
	for _, m := range s.missing {
		n += int64(m.to - m.from)
	}
	if sent > s.next {
		n += int64(sent - s.next)
	}
	return n
}
