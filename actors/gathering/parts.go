package gathering

import (
	"iter"

	"github.com/parley-im/parley/actors/core"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// maxNamedBytes bounds the ids that one event of joining and leaving names, which is to fit into an entry whatever the gathering's
// size.
const maxNamedBytes = 256 << 10

// parts yields users in order, so many at a time as have up to so many bytes, and one at least.
func parts(users []string, bytes int) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		from, size := 0, 0
		for i, u := range users {
			if size += len(u); size > bytes && i > from {
				if !yield(users[from:i]) {
					return
				}
				from, size = i, len(u)
			}
		}
		if from < len(users) {
			yield(users[from:])
		}
	}
}

// membersChanged returns the events for users who join or leave: none for nobody, one unless they are many.
func (g *Gathering) membersChanged(joining, leaving []string) (events []core.Event) {
	if len(joining)+len(leaving) == 0 {
		return nil
	}
	if size(joining)+size(leaving) <= maxNamedBytes {
		return []core.Event{memberEvent(joining, leaving)}
	}
	// NB: who leaves goes first, as in one event, so that there are never more than the limit.
	for part := range parts(leaving, maxNamedBytes) {
		events = append(events, memberEvent(nil, part))
	}
	for part := range parts(joining, maxNamedBytes) {
		events = append(events, memberEvent(part, nil))
	}
	return events
}

func memberEvent(joining, leaving []string) core.Event {
	return core.Event{Owes: true, Body: &pb.Event{Body: &pb.Event_MembersChanged{
		MembersChanged: &pb.MembersChanged{Added: joining, Removed: leaving},
	}}}
}

// size returns how many bytes the ids of users have.
func size(users []string) (bytes int) {
	for _, u := range users {
		bytes += len(u)
	}
	return bytes
}
