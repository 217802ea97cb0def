package user_test

import (
	"strings"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/user"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

var (
	address = im.User("app", "tom")
	jerry   = im.FriendDialog("app", "tom", "jerry")
	spike   = im.FriendDialog("app", "tom", "spike")
	crew    = im.Group("app", "crew")
	lobby   = im.Room("app", "lobby")
	phone   = im.Device("app", "phone")
	eve     = im.StrangerDialog("app", "tom", "eve")
	visitor = im.PassengerDialog("app", "visitor", "tom")
)

var profile = &pb.Command{Body: &pb.Command_Profile{Profile: &pb.Profile{}}}

func login(install string) *pb.Command {
	return &pb.Command{Body: &pb.Command_Login{Login: &pb.Login{Install: install}}}
}

func tell(from im.Address, items ...*pb.Told) *pb.Command {
	return &pb.Command{Body: &pb.Command_Tell{Tell: &pb.Tell{From: pb.NewAddress(from), Items: items}}}
}

// fact is what teller says of its relation to tom.
func fact(teller im.Address, seq uint64, holds bool) *pb.Told {
	since := int64(seq)
	switch teller.Kind {
	case im.KindDialog:
		if teller.Relation() != im.FriendRelation {
			return &pb.Told{Seq: seq, Body: &pb.Told_Contact{Contact: &pb.ContactFact{Peer: other(teller), Since: since}}}
		}
		return &pb.Told{Seq: seq, Body: &pb.Told_Friend{Friend: &pb.FriendFact{Peer: other(teller), Friends: holds, Since: since}}}
	case im.KindDevice:
		return &pb.Told{Seq: seq, Body: &pb.Told_Install{Install: &pb.InstallFact{Bound: holds, Since: since}}}
	default:
		return &pb.Told{Seq: seq, Body: &pb.Told_Membership{Membership: &pb.MembershipFact{Member: holds, Since: since}}}
	}
}

// other returns the id of whom or what tom is related to by teller.
func other(teller im.Address) string {
	low, high, isDialog := teller.Parties()
	switch {
	case !isDialog:
		return teller.ID
	case low == "tom":
		return string(high)
	}
	return string(low)
}

func delivery(source pb.Source) *pb.Told {
	return &pb.Told{Seq: 1, Body: &pb.Told_Delivery{Delivery: &pb.Delivery{Source: source, From: "jerry", To: "tom", N: 1}}}
}

// world is a user whom a shell runs.
type world struct {
	*user.User
	coretest.World
}

func begin() *world { return beginAt(address) }

func beginAt(addr im.Address) *world {
	u := user.New(addr)
	return &world{User: u, World: coretest.World{Core: u}}
}

// fataler is what a *testing.T and a *rapid.T have in common.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// do decides cmd, which must not be refused, applies what follows, and lets it out at once.
func (w *world) do(t fataler, cmd *pb.Command) core.Decision {
	t.Helper()
	d, _, err := w.Do(cmd)
	if err != nil {
		t.Fatalf("%v: %v", cmd, err)
	}
	now := w.Now(d.Out.AllFriends, d.Out.Met)
	d.Out.Announce, d.Out.Nudge = append(d.Out.Announce, now.Announce...), append(d.Out.Nudge, now.Nudge...)
	return d
}

// lists returns the ids of the profile by kind: "jerry spike; crew; lobby; phone".
func (w *world) lists(t fataler) string {
	t.Helper()
	p := w.do(t, profile).Reply.GetProfile()
	var friends []string
	for _, f := range p.Friends {
		friends = append(friends, f.Peer)
	}
	lists := []string{
		strings.Join(friends, " "), strings.Join(p.Groups, " "), strings.Join(p.Rooms, " "), strings.Join(p.Installs, " "),
	}
	return strings.Join(lists, "; ")
}
