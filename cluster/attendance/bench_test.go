package attendance_test

import (
	"testing"

	"github.com/parley-im/parley/cluster/attendance"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// deaf is a hub that takes everything and does nothing.
type deaf struct{}

func (deaf) Deliver(_, _ im.Address, _ *pb.Delivery)           {}
func (deaf) Publish(im.Address, im.Epoch, *pb.Delivery)        {}
func (deaf) Relay(im.Address, im.Epoch, *pb.Delivery)          {}
func (deaf) Listen(im.Address, bool, []im.RoomID, []im.RoomID) {}
func (deaf) Announce(im.Address, *pb.Announce)                 {}
func (deaf) Proclaim(im.Address, bool, []im.UserID)            {}
func (deaf) Broadcast(im.AppID, *pb.Delivery)                  {}
func (deaf) Evict(im.Address)                                  {}

// alone returns the attendance of a node that owns everything, over a hub that does nothing.
func alone() *attendance.Attendance {
	a := attendance.New(attendance.Options{Node: "a", Shards: 16, Hub: deaf{}, Nudge: func(*pb.Nudge) {}})
	for s := range 16 {
		a.LeaderChanged(im.ShardID(s+1), "a", 1)
	}
	a.Changed(tom, im.Interest{Entered: true, Sessions: 1})
	return a
}

// What stays on this node costs no allocation on its way to the hub.
//
// Checked by breaking it: it fails when Deliver makes a tally for every delivery.
func TestDeliver_AllocatesNothingHere(t *testing.T) {
	a, d, room := alone(), &pb.Delivery{N: 1}, im.Room(app, "lounge")
	done := func(error) { t.Error("done was called") }
	friends := &pb.Announce{Online: []string{"eve"}}
	n := testing.AllocsPerRun(100, func() {
		if later, err := a.Deliver(tom, teller, d, done); later || err != nil {
			t.Errorf("later %v, %v", later, err)
		}
		a.Publish(room, im.Epoch{}, d)
		if err := a.Announce(tom, friends); err != nil {
			t.Error(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// What does the way through attendance add to a delivery on a node that is alone?
func BenchmarkDeliver(b *testing.B) {
	a, d := alone(), &pb.Delivery{N: 1}
	done := func(error) {}
	b.ReportAllocs()
	for b.Loop() {
		if later, err := a.Deliver(tom, teller, d, done); later || err != nil {
			b.Fatal(later, err)
		}
	}
}
