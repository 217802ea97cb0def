package dialog

import (
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// friends are the rules of a friend relation.
type friends struct{ *Dialog }

func (f friends) decide(cmd *pb.Command, now im.Millis) (core.Decision, error) {
	switch body := cmd.GetBody().(type) {
	case *pb.Command_Befriend:
		return f.befriend(body.Befriend, now)
	case *pb.Command_Unfriend:
		return f.unfriend(body.Unfriend)
	case *pb.Command_Friendship:
		return f.friendship()
	}
	return core.Decision{}, im.E("dialog.decide", im.Unsupported, "")
}

func (f friends) befriend(cmd *pb.Befriend, now im.Millis) (core.Decision, error) {
	if cmd.From == cmd.To || !f.has(cmd.From) || !f.has(cmd.To) {
		return core.Decision{}, im.E("dialog.befriend", im.Invalid, "")
	}
	if f.state.Friends {
		return core.Decision{Reply: friendship(f.state.From, f.state.To, f.state.Since)}, nil
	}
	from, to := cmd.From, cmd.To
	if f.state.From != "" { // who asked whom is kept from the first call
		from, to = f.state.From, f.state.To
	}
	event := &pb.Event{Body: &pb.Event_Befriended{Befriended: &pb.Befriended{From: from, To: to}}}
	return core.Decision{
		Events:    []core.Event{{Owes: true, Body: event}},
		Reply:     friendship(from, to, int64(now)),
		AfterTold: true,
	}, nil
}

func (f friends) unfriend(cmd *pb.Unfriend) (core.Decision, error) {
	if !f.has(cmd.By) {
		return core.Decision{}, im.E("dialog.unfriend", im.Invalid, "")
	}
	if !f.state.Friends {
		return core.Decision{}, nil
	}
	event := &pb.Event{Body: &pb.Event_Unfriended{Unfriended: &pb.Unfriended{By: cmd.By}}}
	return core.Decision{Events: []core.Event{{Owes: true, Body: event}}, AfterTold: true}, nil
}

func (f friends) friendship() (core.Decision, error) {
	if !f.state.Friends {
		return core.Decision{}, im.E("dialog.friendship", im.NotFound, "not friends")
	}
	return core.Decision{Reply: friendship(f.state.From, f.state.To, f.state.Since)}, nil
}

// admits lets friends talk.
func (f friends) admits(*pb.Say) ([]core.Event, error) {
	if !f.state.Friends {
		return nil, im.E("dialog.say", im.NotPermitted, "not friends")
	}
	return nil, nil
}

func (f friends) tells(ev core.Event) []core.Tell {
	switch ev.Body.GetBody().(type) {
	case *pb.Event_Befriended:
		return []core.Tell{f.tell(f.first, f.second, true, ev.TS), f.tell(f.second, f.first, true, ev.TS)}
	case *pb.Event_Unfriended:
		return []core.Tell{f.tell(f.first, f.second, false, ev.TS), f.tell(f.second, f.first, false, ev.TS)}
	}
	return nil
}

func (f friends) tell(to, peer im.Address, friends bool, since im.Millis) core.Tell {
	fact := &pb.FriendFact{Peer: peer.ID, Friends: friends, Since: int64(since)}
	return core.Tell{To: to, Item: &pb.Told{Body: &pb.Told_Friend{Friend: fact}}}
}

func friendship(from, to string, since int64) *pb.Reply {
	return &pb.Reply{Body: &pb.Reply_Friendship{Friendship: &pb.FriendshipReply{From: from, To: to, Since: since}}}
}
