package gathering

import (
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Tells implements core.Core: whoever joins or leaves hears of it, and the gathering itself of an end that is to go on.
func (g *Gathering) Tells(ev core.Event) []core.Tell {
	switch body := ev.Body.GetBody().(type) {
	case *pb.Event_GatheringCreated:
		return g.tell(body.GatheringCreated.Members, fact(true, ev.TS))
	case *pb.Event_MembersChanged:
		joined := g.tell(body.MembersChanged.Added, fact(true, ev.TS))
		return append(joined, g.tell(body.MembersChanged.Removed, fact(false, ev.TS))...)
	case *pb.Event_GatheringDeleted:
		if ev.Owes {
			return []core.Tell{{To: g.addr, Item: &pb.Told{}}}
		}
	}
	return nil
}

// Rewind implements core.Rewinder: who was told before ev are those who were in.
func (g *Gathering) Rewind(ev core.Event) {
	switch body := ev.Body.GetBody().(type) {
	case *pb.Event_GatheringCreated:
		g.members.remove(body.GatheringCreated.Members)
	case *pb.Event_MembersChanged:
		g.members.remove(body.MembersChanged.Added)
		g.members.add(body.MembersChanged.Removed)
	}
}

// TellMembers tells all members the same item.
func (g *Gathering) TellMembers(item *pb.Told) []core.Tell { return g.tell(g.members.list(), item) }

func (g *Gathering) tell(users []string, item *pb.Told) []core.Tell {
	tells := make([]core.Tell, len(users))
	for i, u := range users {
		tells[i] = core.Tell{To: im.User(g.addr.App, im.UserID(u)), Item: item}
	}
	return tells
}

func fact(member bool, since im.Millis) *pb.Told {
	return &pb.Told{Body: &pb.Told_Membership{Membership: &pb.MembershipFact{Member: member, Since: int64(since)}}}
}
