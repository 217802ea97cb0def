package dispatch

import (
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/wire"
)

// sayCommand returns the command that says s, under no id, and what is in it.
func sayCommand(s Say) (*pb.Command, *pb.Say) {
	var all struct { // in one piece of memory, since each message has one
		command pb.Command
		body    pb.Command_Say
		say     pb.Say
		content pb.Content
	}
	all.content.Media, all.content.Body = s.Media, s.Body
	say := &all.say
	say.From, say.To, say.Content = string(s.From), s.To.ID, &all.content
	say.Remark, say.Push = s.Remark, s.Push
	say.Session, say.ClientId, say.ByPassenger = string(s.Session), s.ClientID, s.byPassenger()
	all.body.Say = say
	all.command.Body = &all.body
	return &all.command, say
}

func saidOf(r *pb.SayReply) Said {
	return Said{N: r.GetN(), TS: im.Millis(r.GetTs()), Duplicate: r.GetDuplicate()}
}

func profileOf(p *pb.ProfileReply) Profile {
	return Profile{
		Updated:  im.Millis(p.GetUpdated()),
		Sessions: int(p.GetSessions()),
		Online:   p.GetOnline(),
		Friends:  friendsOf(p.GetFriends()),
		Groups:   ids[im.GroupID](p.GetGroups()),
		Rooms:    ids[im.RoomID](p.GetRooms()),
		Installs: ids[im.InstallID](p.GetInstalls()),

		Attributes: attributesOf(p.GetAttributes()),
		Contacts:   contactsOf(p.GetContacts()),
	}
}

func passengerOf(p *pb.ProfileReply) Passenger {
	return Passenger{Attributes: attributesOf(p.GetAttributes()), Contacts: contactsOf(p.GetContacts())}
}

func contactsOf(contacts []*pb.Contact) []Contact {
	out := make([]Contact, 0, len(contacts))
	for _, c := range contacts {
		out = append(out, Contact{Relation: im.Relation(c.GetRelation()), Peer: c.GetPeer(), Since: im.Millis(c.GetSince())})
	}
	return out
}

func friendsOf(friends []*pb.Friend) []Friend {
	out := make([]Friend, 0, len(friends))
	for _, f := range friends {
		out = append(out, Friend{Peer: im.UserID(f.GetPeer()), Since: im.Millis(f.GetSince())})
	}
	return out
}

func friendshipOf(f *pb.FriendshipReply) Friendship {
	return Friendship{From: im.UserID(f.GetFrom()), To: im.UserID(f.GetTo()), Since: im.Millis(f.GetSince())}
}

func gatheringOf(g *pb.GatheringReply) Gathering {
	return Gathering{
		Owner:      im.UserID(g.GetOwner()),
		Members:    ids[im.UserID](g.GetMembers()),
		Attributes: attributesOf(g.GetAttributes()),
		Created:    im.Millis(g.GetCreated()),
	}
}

// AttributesFrom returns the attributes that a client gave, in their order; never nil. They share memory with members.
func AttributesFrom(members []wire.Member) []Attribute {
	out := make([]Attribute, 0, len(members))
	for _, m := range members {
		out = append(out, Attribute{Name: m.Name, Value: m.Value})
	}
	return out
}

func attributesOf(attributes []*pb.Attribute) []Attribute {
	out := make([]Attribute, 0, len(attributes))
	for _, a := range attributes {
		out = append(out, Attribute{Name: a.GetName(), Value: a.GetValue()})
	}
	return out
}

func attributesTo(attributes []Attribute) []*pb.Attribute {
	out := make([]*pb.Attribute, 0, len(attributes))
	for _, a := range attributes {
		out = append(out, &pb.Attribute{Name: a.Name, Value: a.Value})
	}
	return out
}

// ids and texts go between the wire's strings and ids; never nil.
func ids[ID ~string](texts []string) []ID {
	out := make([]ID, 0, len(texts))
	for _, t := range texts {
		out = append(out, ID(t))
	}
	return out
}

func texts[ID ~string](ids []ID) []string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, string(id))
	}
	return out
}
