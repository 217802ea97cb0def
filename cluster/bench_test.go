package cluster

import (
	"fmt"
	"sync"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// BenchmarkCall asks what a call and its answer cost, of 256 in flight to 64 actors: on one node, and over a link to another,
// encoded and decoded both ways but without sockets.
func BenchmarkCall(b *testing.B) {
	b.Run("one node", func(b *testing.B) { benchmarkCall(b, "node1") })
	b.Run("over a link", func(b *testing.B) { benchmarkCall(b, "node2") })
}

func benchmarkCall(b *testing.B, leader string) {
	s := startSeveral(b, 2, Options{}, func(ctx actor.Context, _ string, cmd *pb.Command) { ctx.Respond(&pb.Reply{Call: cmd.Call}) })
	s.leadAll(leader, 1)
	body := &pb.Command_Say{Say: &pb.Say{From: "tom", To: "jerry", Content: &pb.Content{Body: make([]byte, 128)}}}
	room := make(chan bool, 256)
	var answers sync.WaitGroup
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		room <- true
		answers.Add(1)
		to := im.User("app", users[i%len(users)])
		s.nodes["node1"].Call(to, &pb.Command{Id: "an id of a message", Body: body}, agesMore, func(r *pb.Reply) {
			if r.Error != 0 {
				b.Error(r)
			}
			<-room
			answers.Done()
		})
	}
	answers.Wait()
}

var users = func() (all [64]im.UserID) {
	for i := range all {
		all[i] = im.UserID(fmt.Sprint("user", i))
	}
	return all
}()
