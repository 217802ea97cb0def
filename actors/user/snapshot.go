package user

import (
	"cmp"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/actors/attributes"
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Marshal implements core.Core.
func (u *User) Marshal() []byte {
	return core.MarshalState(&pb.UserState{
		Exists: u.exists, Updated: int64(u.updated), Last: int64(u.last),
		Friends:    list(u.facts, friends, toFriend),
		Groups:     list(u.facts, groups, toMembership),
		Rooms:      list(u.facts, rooms, toMembership),
		Installs:   list(u.facts, installs, toInstall),
		Contacts:   u.contacts(),
		Attributes: u.attributes,
	})
}

// Unmarshal implements core.Core.
func (u *User) Unmarshal(snapshot []byte) error {
	var state pb.UserState
	if err := proto.Unmarshal(snapshot, &state); err != nil {
		return err
	}
	u.exists, u.updated, u.last = state.Exists, im.Millis(state.Updated), im.Millis(cmp.Or(state.Last, state.Updated))
	u.attributes = attributes.Of(state.Attributes)
	u.facts = facts{}
	for _, f := range state.Friends {
		u.facts[relation{friends, f.Peer}] = fact{f.Friends, f.TellerSeq, f.Since}
	}
	for _, m := range state.Groups {
		u.facts[relation{groups, m.Id}] = fact{m.Member, m.TellerSeq, m.Since}
	}
	for _, m := range state.Rooms {
		u.facts[relation{rooms, m.Id}] = fact{m.Member, m.TellerSeq, m.Since}
	}
	for _, i := range state.Installs {
		u.facts[relation{installs, i.Id}] = fact{i.Bound, i.TellerSeq, i.Since}
	}
	for _, c := range state.Contacts {
		if r, f, ok := contact(c); ok {
			u.facts[r] = f
		}
	}
	return nil
}

// list returns the facts of a sort by id, each as to makes it.
func list[T any](fs facts, of sort, to func(string, fact) T) (out []T) {
	for _, r := range fs.sorted(of) {
		out = append(out, to(r.id, fs[r]))
	}
	return out
}

// contacts returns them by relation and id.
func (u *User) contacts() (out []*pb.Contact) {
	for _, r := range slices.Concat(u.facts.sorted(passengers), u.facts.sorted(strangers)) {
		out = append(out, toContact(r, u.facts[r]))
	}
	return out
}

func toFriend(id string, f fact) *pb.Friend {
	return &pb.Friend{Peer: id, Friends: f.holds, TellerSeq: f.seq, Since: f.since}
}

func toMembership(id string, f fact) *pb.Membership {
	return &pb.Membership{Id: id, Member: f.holds, TellerSeq: f.seq, Since: f.since}
}

func toInstall(id string, f fact) *pb.Install {
	return &pb.Install{Id: id, Bound: f.holds, TellerSeq: f.seq, Since: f.since}
}
