package cluster

import (
	"testing"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// An owner that is 200 ms away, each way, is slow, and answers: a call to an actor whose way is not known yet finds it.
//
// Checked by breaking it: with activateTimeout of 300 ms no call is ever answered but with Retry.
func TestNodes_OwnerFarAwayIsFound(t *testing.T) {
	s := startSeveral(t, 2, Options{}, sayWhere)
	s.leadAll("node2", 1)
	s.slow("node1", "node2", 200*time.Millisecond)
	answer := make(chan *pb.Reply, 1)
	began := time.Now()
	for time.Since(began) < 2*time.Second { // as a Dispatcher does
		s.nodes["node1"].Call(tom, &pb.Command{Id: "x"}, soon, func(r *pb.Reply) { answer <- r })
		got := <-answer
		if got.Error == 0 {
			return
		}
		if got.Error != uint32(im.Retry)+1 {
			t.Fatalf("answered %v", got)
		}
	}
	t.Error("never answered")
}
