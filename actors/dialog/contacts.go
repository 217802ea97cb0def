package dialog

import (
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// contacts are the rules of strangers, and of a passenger and a user.
type contacts struct{ *Dialog }

func (c contacts) decide(*pb.Command, im.Millis) (core.Decision, error) {
	return core.Decision{}, im.E("dialog.decide", im.Unsupported, "")
}

// admits lets those talk who were introduced: a dialog cannot know whether its parties exist. Who gets im.NotFound is to
// look, and to say so.
func (c contacts) admits(cmd *pb.Say) ([]core.Event, error) {
	switch {
	case c.state.Introduced:
		return nil, nil
	case cmd.Introduced:
		event := &pb.Event{Body: &pb.Event_Introduced{Introduced: &pb.Introduced{}}}
		return []core.Event{{Owes: true, Body: event}}, nil
	}
	return nil, im.E("dialog.say", im.NotFound, "not introduced")
}

// tells makes each the other's contact.
func (c contacts) tells(ev core.Event) []core.Tell {
	if ev.Body.GetIntroduced() == nil {
		return nil
	}
	return []core.Tell{tellContact(c.first, c.second, ev.TS), tellContact(c.second, c.first, ev.TS)}
}

func tellContact(to, peer im.Address, since im.Millis) core.Tell {
	fact := &pb.ContactFact{Peer: peer.ID, Since: int64(since)}
	return core.Tell{To: to, Item: &pb.Told{Body: &pb.Told_Contact{Contact: fact}}}
}
