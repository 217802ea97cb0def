package dispatch

import (
	"testing"

	"google.golang.org/protobuf/proto"

	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Whatever reply another node sends, what is made of it has the same lists, never nil, which JSON would write as null.
func FuzzReply(f *testing.F) {
	for _, reply := range []*pb.Reply{
		{},
		{Body: &pb.Reply_Profile{Profile: &pb.ProfileReply{Friends: []*pb.Friend{{Peer: "jerry"}, {}}, Groups: []string{"crew"}, Rooms: []string{""}}}},
		{Body: &pb.Reply_Gathering{Gathering: &pb.GatheringReply{Owner: "tom", Members: []string{"tom"}, Attributes: []*pb.Attribute{{Name: "name"}, {}}}}},
		{Body: &pb.Reply_Friendship{Friendship: &pb.FriendshipReply{From: "tom", To: "jerry", Since: -1}}},
		{Body: &pb.Reply_Say{Say: &pb.SayReply{N: 1 << 63, Duplicate: true}}},
	} {
		b, err := proto.Marshal(reply)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var r pb.Reply
		if proto.Unmarshal(data, &r) != nil {
			return
		}
		p, g := profileOf(r.GetProfile()), gatheringOf(r.GetGathering())
		if p.Friends == nil || p.Groups == nil || p.Rooms == nil || p.Installs == nil || p.Attributes == nil || p.Contacts == nil || g.Members == nil || g.Attributes == nil {
			t.Errorf("%v became %+v, %+v", &r, p, g)
		}
		if len(p.Friends) != len(r.GetProfile().GetFriends()) || len(p.Rooms) != len(r.GetProfile().GetRooms()) || len(g.Members) != len(r.GetGathering().GetMembers()) {
			t.Errorf("%v became %+v, %+v", &r, p, g)
		}
		if again := attributesTo(g.Attributes); len(again) != len(r.GetGathering().GetAttributes()) {
			t.Errorf("%v became %v", &r, again)
		}
		if s, fs := saidOf(r.GetSay()), friendshipOf(r.GetFriendship()); s.N != r.GetSay().GetN() || string(fs.From) != r.GetFriendship().GetFrom() {
			t.Errorf("%v became %+v, %+v", &r, s, fs)
		}
	})
}
