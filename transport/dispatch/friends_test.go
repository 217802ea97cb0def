package dispatch_test

import (
	"testing"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/dispatch"
)

func TestFriendCommands(t *testing.T) {
	t.Parallel()
	reply := &pb.Reply{Body: &pb.Reply_Friendship{Friendship: &pb.FriendshipReply{From: "tom", To: "jerry", Since: 5}}}
	want := dispatch.Friendship{From: "tom", To: "jerry", Since: 5}
	ctx := t.Context()

	d, f := newDispatcher(reply)
	if got, err := d.Befriend(ctx, "app", "tom", "jerry"); err != nil || got != want {
		t.Errorf("Befriend = %+v, %v; want %+v", got, err, want)
	}
	if f.calls[0].cmd.GetId() == "" {
		t.Error("Befriend is durable but has no id")
	}
	d, f = newDispatcher(reply)
	if got, err := d.Friendship(ctx, "app", "jerry", "tom"); err != nil || got != want {
		t.Errorf("Friendship = %+v, %v; want %+v", got, err, want)
	}
	if f.calls[0].cmd.GetId() != "" {
		t.Error("Friendship is a read but has an id")
	}
	d, f = newDispatcher(&pb.Reply{})
	if err := d.Unfriend(ctx, "app", "tom", "jerry"); err != nil || f.calls[0].cmd.GetUnfriend().GetBy() != "tom" {
		t.Errorf("Unfriend: %v, sent %v", err, f.calls[0].cmd)
	}
}

func TestOneselfIsNoFriend(t *testing.T) {
	t.Parallel()
	d, f := newDispatcher()
	ctx := t.Context()
	if _, err := d.Befriend(ctx, "app", "tom", "tom"); im.KindOf(err) != im.Invalid {
		t.Errorf("Befriend: %v, want invalid", err)
	}
	if _, err := d.Friendship(ctx, "app", "tom", "tom"); im.KindOf(err) != im.NotFound {
		t.Errorf("Friendship: %v, want not found", err)
	}
	if err := d.Unfriend(ctx, "app", "tom", "tom"); err != nil {
		t.Errorf("Unfriend: %v, want done", err)
	}
	if len(f.calls) != 0 {
		t.Errorf("%d commands were sent", len(f.calls))
	}
}
