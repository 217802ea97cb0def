package user

import (
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// event returns the note of a fact about r, as it is stored.
func (r relation) event(f fact) *pb.Event {
	switch r.sort {
	case friends:
		note := &pb.FriendNoted{Peer: r.id, Friends: f.holds, TellerSeq: f.seq, Since: f.since}
		return &pb.Event{Body: &pb.Event_FriendNoted{FriendNoted: note}}
	case strangers, passengers:
		note := &pb.ContactNoted{Contact: toContact(r, f)}
		return &pb.Event{Body: &pb.Event_ContactNoted{ContactNoted: note}}
	case installs:
		note := &pb.InstallNoted{Install: r.id, Bound: f.holds, TellerSeq: f.seq, Since: f.since}
		return &pb.Event{Body: &pb.Event_InstallNoted{InstallNoted: note}}
	default:
		note := &pb.MembershipNoted{Kind: uint32(r.kind), Id: r.id, Member: f.holds, TellerSeq: f.seq, Since: f.since}
		return &pb.Event{Body: &pb.Event_MembershipNoted{MembershipNoted: note}}
	}
}

// noted is the reverse of event; ok = false: ev is no note, or one about what this program knows no relation to.
func noted(ev *pb.Event) (r relation, f fact, ok bool) {
	switch body := ev.GetBody().(type) {
	case *pb.Event_FriendNoted:
		n := body.FriendNoted
		return relation{friends, n.Peer}, fact{n.Friends, n.TellerSeq, n.Since}, true
	case *pb.Event_MembershipNoted:
		n := body.MembershipNoted
		known := n.Kind == uint32(im.KindGroup) || n.Kind == uint32(im.KindRoom) // before it is cut to a Kind
		return relation{sort{kind: im.Kind(n.Kind)}, n.Id}, fact{n.Member, n.TellerSeq, n.Since}, known
	case *pb.Event_InstallNoted:
		n := body.InstallNoted
		return relation{installs, n.Install}, fact{n.Bound, n.TellerSeq, n.Since}, true
	case *pb.Event_ContactNoted:
		return contact(body.ContactNoted.GetContact())
	}
	return relation{}, fact{}, false
}

// toContact returns a contact as it is stored and answered.
func toContact(r relation, f fact) *pb.Contact {
	return &pb.Contact{Relation: string(r.dialog), Peer: r.id, TellerSeq: f.seq, Since: f.since}
}

// contact is the reverse of toContact; ok = false: no relation that has contacts. That of a contact never ends.
func contact(c *pb.Contact) (r relation, f fact, ok bool) {
	r = relation{sort{im.KindDialog, im.Relation(c.GetRelation())}, c.GetPeer()}
	return r, fact{true, c.GetTellerSeq(), c.GetSince()}, r.sort == strangers || r.sort == passengers
}
