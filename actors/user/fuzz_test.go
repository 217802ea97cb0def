package user_test

import (
	"bytes"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/user"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

var fuzz = coretest.Fuzz{Fresh: func() core.Core { return user.New(address) }, Commands: commands}

// Whatever bytes pass for a snapshot: see coretest.Fuzz.
func FuzzUser_Unmarshal(f *testing.F) { fuzz.Unmarshal(f) }

// Whatever event stands in the log: see coretest.Fuzz.
func FuzzUser_Apply(f *testing.F) { fuzz.Apply(f) }

// Whatever command another node sends: see coretest.Fuzz.
func FuzzUser_Decide(f *testing.F) { fuzz.Decide(f) }

// A membership that the log notes is in the list of its kind; one of a kind that has no members, which only another version
// can have noted, changes nothing. A number that is cut to eight bits passes for another kind on a seed.
func FuzzUser_NotesMemberships(f *testing.F) {
	for kind := range uint32(im.KindDevice) + 2 {
		f.Add(kind, "lobby")
		f.Add(256+kind, "lobby")
	}
	f.Fuzz(func(t *testing.T, kind uint32, id string) {
		note := &pb.MembershipNoted{Kind: kind, Id: id, Member: true, TellerSeq: 1, Since: 1}
		w := begin()
		w.do(t, login(""))
		before := w.Marshal()
		w.Apply(core.Event{Seq: 2, TS: 2, Body: &pb.Event{Body: &pb.Event_MembershipNoted{MembershipNoted: note}}})
		p := w.do(t, profile).Reply.GetProfile()
		switch known := im.Kind(min(kind, 255)); {
		case known == im.KindGroup && !slices.Equal(p.Groups, []string{id}), known == im.KindRoom && !slices.Equal(p.Rooms, []string{id}):
			t.Errorf("kind %d, %q: groups %q, rooms %q", kind, id, p.Groups, p.Rooms)
		case known != im.KindGroup && known != im.KindRoom && !bytes.Equal(w.Marshal(), before):
			t.Errorf("kind %d changed the user to %v", kind, p)
		}
	})
}

// Whatever a nudge from another node says, it changes nothing durable; only friends are heard of, each change once and only
// by who is online, and only they are answered.
func FuzzUser_Hear(f *testing.F) {
	w := begin()
	for _, seq := range []uint64{1, 2} {
		for _, teller := range []im.Address{jerry, spike, lobby} {
			w.do(f, tell(teller, fact(teller, seq, teller != spike || seq == 1)))
		}
	}
	for _, p := range []*pb.Presence{
		{User: "jerry", Online: true}, {User: "jerry", Ask: true}, {User: "spike", Online: true}, {User: "jerry", Online: true, Silent: true}, {},
	} {
		b, err := proto.Marshal(&pb.Nudge{Body: &pb.Nudge_Presence{Presence: p}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(w.Marshal(), b, true)
		f.Add(w.Marshal(), b, false)
	}
	f.Fuzz(func(t *testing.T, state, nudge []byte, online bool) {
		u, n := user.New(address), &pb.Nudge{}
		if u.Unmarshal(state) != nil || proto.Unmarshal(nudge, n) != nil || n.GetPresence() == nil {
			return
		}
		p, before := n.GetPresence(), u.Marshal()
		u.Attend(online)
		first, second := u.Hear(p), u.Hear(p)
		changes := isFriend(t, before, p.User) && online && p.Online && !p.Silent
		answers := isFriend(t, before, p.User) && p.Ask
		if (len(first.Announce) == 1) != changes || len(first.Announce) > 1 || len(second.Announce) > 0 || (len(first.Nudge) == 1) != answers {
			t.Errorf("%v, online %v: %+v, then %+v", p, online, first, second)
		}
		u.Attend(false)
		if !bytes.Equal(u.Marshal(), before) {
			t.Errorf("%v has changed the state", p)
		}
	})
}

func isFriend(t *testing.T, state []byte, u string) (friend bool) {
	t.Helper()
	var s pb.UserState
	if err := proto.Unmarshal(state, &s); err != nil {
		t.Fatal(err)
	}
	for _, f := range s.Friends {
		friend = friend || f.Peer == u && f.Friends
	}
	return friend
}
