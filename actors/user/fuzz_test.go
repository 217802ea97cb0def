package user_test

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/user"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Whatever snapshot, event and command come: see coretest.Fuzz.
func FuzzUser(f *testing.F) {
	coretest.Fuzz{Fresh: func() core.Core { return user.New(address) }, Commands: commands}.Run(f)
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
