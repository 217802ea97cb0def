package parleyv1_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

func encoded(f *testing.F, m proto.Message) []byte {
	f.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		f.Fatal(err)
	}
	return b
}

// Whatever reply another node sends, it carries no error, or one of a kind that this program knows; passed on it is the same.
func FuzzReply(f *testing.F) {
	for _, n := range []uint32{0, 1, 5, 11, 12, 255, 256, 257, 1 << 31} {
		f.Add(encoded(f, &pb.Reply{Error: n, Text: "no such user"}))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var reply pb.Reply
		if proto.Unmarshal(data, &reply) != nil {
			return
		}
		err := reply.Err("test")
		if (err == nil) != (reply.Error == 0) {
			t.Fatalf("%v became %v", &reply, err)
		}
		if err == nil {
			return
		}
		again := pb.NewError(err).Err("test")
		kind := im.KindOf(err)
		if !kind.Known() || im.KindOf(again) != kind || again.Error() != err.Error() {
			t.Errorf("%v became %v, and that %v", &reply, err, again)
		}
	})
}

// Whatever address another node sends is the one that it was made of, or invalid: no number is cut to a kind that it is not.
func FuzzAddress(f *testing.F) {
	for _, a := range []im.Address{im.User("app", "tom"), im.FriendDialog("app", "tom", "jerry"), {}} {
		f.Add(encoded(f, pb.NewAddress(a)))
	}
	f.Add(encoded(f, &pb.Address{App: "app", Kind: 256 + uint32(im.KindUser), Id: "tom"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		var sent pb.Address
		if proto.Unmarshal(data, &sent) != nil {
			return
		}
		if a := sent.Addr(); a.Valid() && (string(a.App) != sent.App || uint32(a.Kind) != sent.Kind || a.ID != sent.Id) {
			t.Errorf("%v became %v", &sent, a)
		}
	})
}

// Whatever command another node sends, its weight is at least what it holds of texts that clients choose the length of.
func FuzzCommand_Weight(f *testing.F) {
	for _, cmd := range []*pb.Command{
		{},
		{Body: &pb.Command_Say{Say: &pb.Say{Content: &pb.Content{Body: []byte(`"hi"`)}, Remark: "r", Push: []byte("{}")}}},
		{Body: &pb.Command_AddMembers{AddMembers: &pb.AddMembers{Members: []string{"a", "b"}}}},
		{Body: &pb.Command_ChangeGathering{ChangeGathering: &pb.ChangeGathering{Attributes: []*pb.Attribute{{Name: "name", Value: []byte("1")}, {}}}}},
		{Body: &pb.Command_Tell{Tell: &pb.Tell{Items: []*pb.Told{{}, {Body: &pb.Told_Delivery{Delivery: &pb.Delivery{Said: &pb.Said{Remark: "r"}}}}}}}},
	} {
		f.Add(encoded(f, cmd))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var cmd pb.Command
		if proto.Unmarshal(data, &cmd) != nil {
			return
		}
		said := func(c *pb.Content, remark string, push []byte) int { return len(c.GetBody()) + len(remark) + len(push) }
		least := said(cmd.GetSay().GetContent(), cmd.GetSay().GetRemark(), cmd.GetSay().GetPush())
		for _, item := range cmd.GetTell().GetItems() {
			s := item.GetDelivery().GetSaid()
			least += said(s.GetContent(), s.GetRemark(), s.GetPush())
		}
		for _, list := range [][]string{
			cmd.GetCreateGathering().GetMembers(), cmd.GetChangeGathering().GetMembers(), cmd.GetAddMembers().GetMembers(), cmd.GetRemoveMembers().GetMembers(),
		} {
			for _, name := range list {
				least += len(name) + 1
			}
		}
		if got := cmd.Weight(); got <= least {
			t.Errorf("%v weighs %d, but holds %d", &cmd, got, least)
		}
	})
}
