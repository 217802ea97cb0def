package bench

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/cluster"
	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

const (
	smallRoom = 10
	largeRoom = 100_000
	// comers is how many users join and leave at a time.
	comers = 64
)

// Does joining a room cost the same whether it has 10 members or 100,000? 64 users join at a time, each by a command of its
// own, which is answered when the room has stored it, and the user's actor that it is a member. They leave, all by one
// command, while the clock stands still, so that the room keeps its size.
func BenchmarkRoomJoin(b *testing.B) {
	eachSize(b, func(b *testing.B, r crowdedRoom) {
		w := newWindow(comers)
		for i := range b.N {
			w.call(r.node, r.addr, add(comer(i)))
			if i%comers == comers-1 {
				w.drain(b)
				b.StopTimer()
				w = newWindow(comers)
				w.call(r.node, r.addr, remove(allComers()...))
				w.drain(b)
				w = newWindow(comers)
				b.StartTimer()
			}
		}
		w.drain(b)
	})
}

// What does a storm of users that come and go cost, a join and a leave each time, in rooms of both sizes? Snapshots are part
// of it: over enough turns the events outweigh the state.
func BenchmarkRoomStorm(b *testing.B) {
	eachSize(b, func(b *testing.B, r crowdedRoom) {
		w := newWindow(comers)
		for i := range b.N {
			w.call(r.node, r.addr, add(comer(i)))
			w.call(r.node, r.addr, remove(comer(i)))
		}
		w.drain(b)
	})
}

// crowdedRoom is a room with members, awake.
type crowdedRoom struct {
	node *cluster.Node
	addr im.Address
}

func eachSize(b *testing.B, measure func(*testing.B, crowdedRoom)) {
	for _, members := range []int{smallRoom, largeRoom} {
		b.Run(fmt.Sprintf("members=%d", members), func(b *testing.B) {
			node, log := startActors(b)
			r := crowdedRoom{node, im.Room(benchApp, "crowded")}
			fillRoom(b, log, r.addr, members)
			w := newWindow(comers)
			for i := range comers { // wakes the room and the users
				w.call(node, r.addr, add(comer(i)))
			}
			w.drain(b)
			w = newWindow(1)
			w.call(node, r.addr, remove(allComers()...))
			w.drain(b)
			b.ReportAllocs()
			b.ResetTimer()
			measure(b, r)
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
		})
	}
}

// fillRoom writes what leads to a room with so many members, 1,000 at a time, as if they had been told already.
func fillRoom(b *testing.B, log *eventlog.Log, addr im.Address, members int) {
	b.Helper()
	w := newWindow(1024)
	ts := im.Millis(1)
	events := []*pb.Event{{Body: &pb.Event_GatheringCreated{GatheringCreated: &pb.GatheringCreated{}}}}
	for from := 0; from < members; from += 1000 {
		added := make([]string, 0, 1000)
		for i := from; i < min(from+1000, members); i++ {
			added = append(added, fmt.Sprintf("member-%08d", i))
		}
		events = append(events, &pb.Event{Body: &pb.Event_MembersChanged{MembersChanged: &pb.MembersChanged{Added: added}}})
	}
	for i, ev := range events {
		body, err := proto.Marshal(ev)
		if err != nil {
			b.Fatal(err)
		}
		w.slots <- struct{}{}
		err = log.Append(im.Append{
			Addr: addr, Expected: uint64(i), Entries: []im.Entry{{TS: ts + im.Millis(i), Body: body}},
			Done: func(o im.Outcome) {
				if o != im.Stored {
					w.failed.Add(1)
					w.reason.Store(o.String())
				}
				<-w.slots
			},
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	w.drain(b)
}

func comer(i int) string { return fmt.Sprintf("comer-%02d", i%comers) }

func allComers() []string {
	all := make([]string, comers)
	for i := range all {
		all[i] = comer(i)
	}
	return all
}

func add(users ...string) *pb.Command {
	return &pb.Command{Body: &pb.Command_AddMembers{AddMembers: &pb.AddMembers{Members: users}}}
}

func remove(users ...string) *pb.Command {
	return &pb.Command{Body: &pb.Command_RemoveMembers{RemoveMembers: &pb.RemoveMembers{Members: users}}}
}
