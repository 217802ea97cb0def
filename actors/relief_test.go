package actors

import (
	"testing"

	"github.com/parley-im/parley/actors/core"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// What ends something, or notes what another actor has stored, is taken on a disk that is nearly full; whatever begins or
// says something is not, and not together with what ends something either.
func TestRelieves_IsTrueOfWhatEnds(t *testing.T) {
	joins := &pb.Event{Body: &pb.Event_MembersChanged{MembersChanged: &pb.MembersChanged{Added: []string{"tom"}, Removed: []string{"jerry"}}}}
	leaves := &pb.Event{Body: &pb.Event_MembersChanged{MembersChanged: &pb.MembersChanged{Removed: []string{"jerry"}}}}
	for _, c := range []struct {
		name   string
		events []*pb.Event
		want   bool
	}{
		{"a message", []*pb.Event{{Body: &pb.Event_Said{Said: &pb.Said{}}}}, false},
		{"a friendship", []*pb.Event{{Body: &pb.Event_Befriended{Befriended: &pb.Befriended{}}}}, false},
		{"its end", []*pb.Event{{Body: &pb.Event_Unfriended{Unfriended: &pb.Unfriended{}}}}, true},
		{"leaving", []*pb.Event{leaves}, true},
		{"joining and leaving", []*pb.Event{joins}, false},
		{"leaving and a message", []*pb.Event{leaves, {Body: &pb.Event_Said{Said: &pb.Said{}}}}, false},
		{"a group that ends", []*pb.Event{{Body: &pb.Event_GatheringDeleted{GatheringDeleted: &pb.GatheringDeleted{}}}}, true},
		{"a fact", []*pb.Event{{Body: &pb.Event_MembershipNoted{MembershipNoted: &pb.MembershipNoted{Member: true}}}}, true},
		{"a contact", []*pb.Event{{Body: &pb.Event_ContactNoted{ContactNoted: &pb.ContactNoted{}}}}, true},
		{"an introduction", []*pb.Event{{Body: &pb.Event_Introduced{Introduced: &pb.Introduced{}}}}, false},
		{"a cleared history", []*pb.Event{{Body: &pb.Event_HistoryCleared{HistoryCleared: &pb.HistoryCleared{Through: 1}}}}, true},
		{"a logout", []*pb.Event{{Body: &pb.Event_DeviceBound{DeviceBound: &pb.DeviceBound{Previous: "tom"}}}}, true},
		{"a login", []*pb.Event{{Body: &pb.Event_DeviceBound{DeviceBound: &pb.DeviceBound{User: "tom"}}}}, false},
	} {
		var events []core.Event
		for _, body := range c.events {
			events = append(events, core.Event{Body: body})
		}
		if got := relieves(events); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
