package fanout

import "sync/atomic"

// member is one who hears. But for aside it belongs to whoever reads its connection.
type member struct {
	// streams are what it has heard from the senders of its room, whose numbers begin with first; nil = it is a visitor.
	streams []stream
	first   uint32
	// self is its own place among them; -1 = it does not speak.
	self int
	// settled says that it has heard a probe.
	settled bool
	// aside is set when it stops reading: what it hears from then on is no delivery.
	aside atomic.Bool
}

// stream returns the stream of a sender that m is to hear, or nil: nobody hears other rooms or itself.
func (m *member) stream(sender uint32) *stream {
	i := int(sender - m.first)
	if sender < m.first || i >= len(m.streams) || i == m.self {
		return nil
	}
	return &m.streams[i]
}

// newMembers returns the members of all rooms, one room after the other and the senders of each first, and then the visitors.
func newMembers(s *Scenario) []member {
	all := make([]member, s.Rooms*s.Members+s.visitors())
	for i := range all[:s.Rooms*s.Members] {
		room, place := i/s.Members, i%s.Members
		all[i].streams, all[i].first, all[i].self = make([]stream, s.Senders), uint32(room*s.Senders), -1
		if place < s.Senders {
			all[i].self = place
		}
	}
	return all
}
