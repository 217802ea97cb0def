package user_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/user"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

var address = im.User("app", "tom")

var commands = rapid.Custom(func(t *rapid.T) *pb.Command {
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		return &pb.Command{Body: &pb.Command_Login{Login: &pb.Login{}}}
	case 1:
		return &pb.Command{Body: &pb.Command_Profile{Profile: &pb.Profile{}}}
	default:
		peer := rapid.SampledFrom([]im.UserID{"jerry", "spike"}).Draw(t, "peer")
		tell := &pb.Tell{From: pb.NewAddress(im.FriendDialog("app", "tom", peer))}
		for range rapid.IntRange(1, 3).Draw(t, "items") {
			tell.Items = append(tell.Items, fact(string(peer), rapid.Uint64Range(1, 9).Draw(t, "seq"), rapid.Bool().Draw(t, "friends")))
		}
		return &pb.Command{Body: &pb.Command_Tell{Tell: tell}}
	}
})

func fact(peer string, seq uint64, friends bool) *pb.Told {
	return &pb.Told{Seq: seq, Body: &pb.Told_Friend{Friend: &pb.FriendFact{Peer: peer, Friends: friends, Since: int64(seq)}}}
}

// Whatever a user does and is told, the log alone gives the same state again.
func TestUser_ReplayEqualsLive(t *testing.T) {
	coretest.ReplayEqualsLive(t, func() core.Core { return user.New(address) }, commands)
}

// A fact told again, or an older one told late, changes nothing: the newest seq of a teller wins, once.
func TestUser_NotesAFactOnce(t *testing.T) {
	u := user.New(address)
	var seq uint64
	hear := func(items ...*pb.Told) int {
		t.Helper()
		tell := &pb.Tell{From: pb.NewAddress(im.FriendDialog("app", "tom", "jerry")), Items: items}
		d, err := u.Decide(&pb.Command{Body: &pb.Command_Tell{Tell: tell}}, im.Millis(seq+1))
		if err != nil {
			t.Fatal(err)
		}
		for _, ev := range d.Events {
			seq++
			ev.Seq, ev.TS = seq, im.Millis(seq)
			u.Apply(ev)
		}
		return len(d.Events)
	}
	for i, step := range []struct {
		items []*pb.Told
		want  int
	}{
		{[]*pb.Told{fact("jerry", 1, true)}, 1},
		{[]*pb.Told{fact("jerry", 1, true)}, 0},
		{[]*pb.Told{fact("jerry", 4, false), fact("jerry", 4, false)}, 1},
		{[]*pb.Told{fact("jerry", 1, true)}, 0},
		{[]*pb.Told{fact("jerry", 6, true), fact("jerry", 9, false)}, 2},
	} {
		if got := hear(step.items...); got != step.want {
			t.Errorf("step %d: %d events, want %d", i, got, step.want)
		}
	}
	d, err := u.Decide(&pb.Command{Body: &pb.Command_Profile{Profile: &pb.Profile{}}}, 99)
	if err != nil || len(d.Reply.GetProfile().Friends) != 0 {
		t.Errorf("profile = %v, %v; want no friends", d.Reply, err)
	}
}

// A teller of another app is refused: no verb crosses apps.
func TestUser_RefusesATellerOfAnotherApp(t *testing.T) {
	u := user.New(address)
	tell := &pb.Tell{From: pb.NewAddress(im.FriendDialog("other", "tom", "jerry")), Items: []*pb.Told{fact("jerry", 1, true)}}
	if _, err := u.Decide(&pb.Command{Body: &pb.Command_Tell{Tell: tell}}, 1); im.KindOf(err) != im.Invalid {
		t.Errorf("error = %v, want %v", err, im.Invalid)
	}
}

// A login creates the user once; reading an unknown one creates nothing.
func TestUser_LoginCreatesOnce(t *testing.T) {
	u := user.New(address)
	if _, err := u.Decide(&pb.Command{Body: &pb.Command_Profile{Profile: &pb.Profile{}}}, 1); im.KindOf(err) != im.NotFound {
		t.Errorf("profile before login: %v, want %v", err, im.NotFound)
	}
	login := &pb.Command{Body: &pb.Command_Login{Login: &pb.Login{}}}
	d, err := u.Decide(login, 1)
	if err != nil || len(d.Events) != 1 {
		t.Fatalf("first login = %v, %v; want one event", d, err)
	}
	ev := d.Events[0]
	ev.Seq, ev.TS = 1, 1
	u.Apply(ev)
	if d, err := u.Decide(login, 2); err != nil || len(d.Events) != 0 {
		t.Errorf("second login = %v, %v; want no event", d, err)
	}
}
