package user_test

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// A membership that the log notes is in the list of its kind; one of a kind that has no members, which only another version
// can have noted, changes nothing. Checked by breaking it: a number that is cut to eight bits passes for another kind.
func TestUser_NotesMembershipsOfKindsThatHaveMembers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		near := rapid.Uint32Range(0, uint32(im.KindDevice)+1)
		cut := rapid.Map(near, func(kind uint32) uint32 { return 256 + kind })
		kind, id := rapid.OneOf(near, cut, rapid.Uint32()).Draw(t, "kind"), rapid.StringN(1, -1, -1).Draw(t, "id")
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
