package user

import (
	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Marshal implements core.Core.
func (u *User) Marshal() []byte {
	return core.MarshalState(&pb.UserState{
		Exists: u.exists, Updated: int64(u.updated),
		Friends:  list(u.facts, im.KindDialog, toFriend),
		Groups:   list(u.facts, im.KindGroup, toMembership),
		Rooms:    list(u.facts, im.KindRoom, toMembership),
		Installs: list(u.facts, im.KindDevice, toInstall),
	})
}

// Unmarshal implements core.Core.
func (u *User) Unmarshal(snapshot []byte) error {
	var state pb.UserState
	if err := proto.Unmarshal(snapshot, &state); err != nil {
		return err
	}
	u.exists, u.updated = state.Exists, im.Millis(state.Updated)
	u.facts = facts{}
	for _, f := range state.Friends {
		u.facts[relation{im.KindDialog, f.Peer}] = fact{f.Friends, f.TellerSeq, f.Since}
	}
	for _, m := range state.Groups {
		u.facts[relation{im.KindGroup, m.Id}] = fact{m.Member, m.TellerSeq, m.Since}
	}
	for _, m := range state.Rooms {
		u.facts[relation{im.KindRoom, m.Id}] = fact{m.Member, m.TellerSeq, m.Since}
	}
	for _, i := range state.Installs {
		u.facts[relation{im.KindDevice, i.Id}] = fact{i.Bound, i.TellerSeq, i.Since}
	}
	return nil
}

// list returns the facts of a kind by id, each as to makes it.
func list[T any](fs facts, kind im.Kind, to func(string, fact) T) (out []T) {
	for _, r := range fs.sorted(kind) {
		out = append(out, to(r.id, fs[r]))
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
