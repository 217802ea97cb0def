package actors

import (
	"fmt"
	"testing"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// An outbox remembers the lanes of a dialog between two messages, and of a group's many receivers no more than four that
// have nothing to tell; those that have are never forgotten.
//
// Checked by breaking it: without maxIdleLanes in done all of them stay, and without the look at what waits there the ones
// that are busy go.
func TestOutbox_ForgetsIdleLanes(t *testing.T) {
	for _, c := range []struct{ receivers, busy, want int }{
		{2, 0, 2},
		{4, 0, 4},
		{5, 0, 4},
		{50, 0, 4},
		{50, 10, 10},
		{50, 50, 50},
	} {
		t.Run(fmt.Sprint(c.receivers, " receivers, ", c.busy, " busy"), func(t *testing.T) {
			var box outbox
			box.add(1, tells(c.receivers))
			for _, l := range box.lanes {
				l.flying = len(l.items)
			}
			box.add(2, tells(c.busy))
			for i := range c.receivers {
				box.done(box.lanes[receiver(i)])
			}
			if len(box.lanes) != c.want {
				t.Errorf("%d lanes are left, want %d", len(box.lanes), c.want)
			}
			for i := range c.busy {
				if l := box.lanes[receiver(i)]; l == nil || len(l.items) != 1 {
					t.Fatalf("the lane of %d is %+v, want one item in it", i, l)
				}
			}
		})
	}
}

func receiver(i int) im.Address { return im.User("app", im.UserID(fmt.Sprint("user", i))) }

// tells returns a tell for each of the first few receivers.
func tells(receivers int) (all []core.Tell) {
	for i := range receivers {
		all = append(all, core.Tell{To: receiver(i), Item: &pb.Told{}})
	}
	return all
}
