package actors

import (
	"github.com/parley-im/parley/actors/core"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// relieves reports whether all events end something, or note what another actor has stored already, so that telling it
// again would cost as much. What they add is bounded by the relations that there are, and none can be begun
// meanwhile, so the log takes them on a disk that is nearly full.
func relieves(events []core.Event) bool {
	for _, ev := range events {
		switch body := ev.Body.GetBody().(type) {
		case *pb.Event_FriendNoted, *pb.Event_MembershipNoted, *pb.Event_InstallNoted, *pb.Event_ContactNoted:
		case *pb.Event_Unfriended, *pb.Event_GatheringDeleted, *pb.Event_HistoryCleared:
		case *pb.Event_MembersChanged:
			if len(body.MembersChanged.Added) > 0 {
				return false
			}
		case *pb.Event_DeviceBound:
			if body.DeviceBound.User != "" {
				return false
			}
		default:
			return false
		}
	}
	return true
}
