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

// Whatever a nudge from another node says, it changes nothing durable; only friends are heard of, and only they are answered,
// if they ask.
func FuzzUser_Hear(f *testing.F) {
	w := begin()
	for _, seq := range []uint64{1, 2} {
		for _, teller := range []im.Address{jerry, spike, lobby} {
			w.do(f, tell(teller, fact(teller, seq, teller != spike || seq == 1)))
		}
	}
	for _, p := range []*pb.Presence{comes("jerry", true), comes("jerry", false), comes("spike", true), answers(1, "jerry", true, true), {}} {
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
		u.Attend(online, false)
		for range 2 {
			out, known := u.Hear(p), isFriend(t, before, p.User)
			if answers := known && p.Asks != nil; (len(out.Nudge) == 1) != answers || !known && len(out.Announce) > 0 {
				t.Errorf("%v, online %v: %+v", p, online, out)
			}
		}
		u.Doubt(1, 2)
		u.Remind(true)
		u.Attend(false, false)
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
