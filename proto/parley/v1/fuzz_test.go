package parleyv1_test

import (
	"slices"
	"strings"
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

// Whatever command another node sends, its weight is at least what it holds of texts that clients choose the length of; and
// the address that tells is the one that it was made of, or invalid: no number is cut to a kind that it is not.
func FuzzCommand(f *testing.F) {
	for _, from := range []*pb.Address{
		pb.NewAddress(im.User("app", "tom")), pb.NewAddress(im.FriendDialog("app", "tom", "jerry")),
		{},
		{App: "app", Kind: 256 + uint32(im.KindUser), Id: "tom"},
	} {
		f.Add(encoded(f, &pb.Command{Body: &pb.Command_Tell{Tell: &pb.Tell{From: from}}}))
	}
	long := strings.Repeat("x", 1000) // more than what a command weighs without it
	for _, cmd := range []*pb.Command{
		{},
		{Body: &pb.Command_Say{Say: &pb.Say{Content: &pb.Content{Body: []byte(long)}}}},
		{Body: &pb.Command_Say{Say: &pb.Say{Remark: long, Push: []byte(long)}}},
		{Body: &pb.Command_CreateGathering{CreateGathering: &pb.CreateGathering{Members: []string{long, "a"}}}},
		{Body: &pb.Command_AddMembers{AddMembers: &pb.AddMembers{Members: []string{long, "a"}}}},
		{Body: &pb.Command_RemoveMembers{RemoveMembers: &pb.RemoveMembers{Members: []string{long}}}},
		{Body: &pb.Command_ChangeGathering{ChangeGathering: &pb.ChangeGathering{Members: []string{long}, Attributes: []*pb.Attribute{{Name: "name"}, {}}}}},
		{Body: &pb.Command_Tell{Tell: &pb.Tell{Items: []*pb.Told{{}, {Body: &pb.Told_Delivery{Delivery: &pb.Delivery{Said: &pb.Said{Remark: long}}}}}}}},
	} {
		f.Add(encoded(f, cmd))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var cmd pb.Command
		if proto.Unmarshal(data, &cmd) != nil {
			return
		}
		if got, least := cmd.Weight(), texts(&cmd); got <= least {
			t.Errorf("%v weighs %d, but holds %d", &cmd, got, least)
		}
		from := cmd.GetTell().GetFrom()
		if a := from.Addr(); a.Valid() && (string(a.App) != from.App || uint32(a.Kind) != from.Kind || a.ID != from.Id) {
			t.Errorf("%v became %v", from, a)
		}
	})
}

// texts is how many bytes cmd holds of what clients choose the length of, each name with one more.
func texts(cmd *pb.Command) int {
	said := func(c *pb.Content, remark string, push []byte) int { return len(c.GetBody()) + len(remark) + len(push) }
	n := said(cmd.GetSay().GetContent(), cmd.GetSay().GetRemark(), cmd.GetSay().GetPush())
	for _, item := range cmd.GetTell().GetItems() {
		s := item.GetDelivery().GetSaid()
		n += said(s.GetContent(), s.GetRemark(), s.GetPush())
	}
	for _, name := range slices.Concat(
		cmd.GetCreateGathering().GetMembers(), cmd.GetChangeGathering().GetMembers(), cmd.GetAddMembers().GetMembers(), cmd.GetRemoveMembers().GetMembers(),
	) {
		n += len(name) + 1
	}
	return n
}
