package hub_test

import (
	"testing"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/hub"
	"github.com/parley-im/parley/transport/wiretest"
)

// Each event of the tables of package wiretest that the hub sends, byte for byte, to a session that is to get it.
//
// Checked by breaking it: when what a passenger says is taken for a user's, and when the type of a target that is a passenger is
// left at 0, it fails.
func TestHub_SendsTheEventsOfTheProtocol(t *testing.T) {
	t.Parallel()
	for _, tc := range wiretest.Events {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			h, s := hub.New(hub.Options{}), &session{id: "s"}
			switch tc.Event {
			case "message", "yourself":
				hand(h, s, tc)
			case "sys":
				h.Enter(im.User(app, jerry), s, false)
				h.Admit(im.User(app, jerry), s)
				if tc.Delivery.To == "" {
					h.Broadcast(app, tc.Delivery)
				} else {
					h.Deliver(im.User(app, jerry), dialog, tc.Delivery)
				}
			case "online", "offline":
				join(h, app, jerry, s)
				h.Announce(im.User(app, jerry), announcement(tc.Who, tc.Event == "online"))
			case "online_x", "offline_x":
				join(h, app, jerry, s)
				h.Proclaim(im.User(app, im.UserID(tc.Who)), tc.Event == "online_x", nil)
			case "login", "ack":
				return // the session says that itself, see package socketio
			default:
				t.Fatalf("nobody sends %s", tc.Event)
			}
			want(t, s, tc.Text)
		})
	}
}

// hand delivers a message to s: as its receiver's, or as another session of its speaker's.
func hand(h *hub.Hub, s *session, tc wiretest.Event) {
	who := im.User(app, jerry)
	switch {
	case tc.Event == "yourself" && tc.Delivery.Source == pb.Source_PASSENGER:
		who = im.Passenger(app, im.PassengerID(tc.Delivery.From))
	case tc.Event == "yourself":
		who = im.User(app, im.UserID(tc.Delivery.From))
	case tc.Delivery.Source == pb.Source_TO_PASSENGER:
		who = im.Passenger(app, im.PassengerID(tc.Delivery.To))
	}
	h.Enter(who, s, false)
	h.Admit(who, s)
	if tc.Delivery.Source == pb.Source_ROOM {
		room := im.RoomID(tc.Delivery.To)
		h.Listen(who, false, []im.RoomID{room}, nil)
		h.Publish(im.Room(app, room), im.Epoch{}, tc.Delivery)
		h.Settle()
		return
	}
	h.Deliver(who, dialog, tc.Delivery)
}
