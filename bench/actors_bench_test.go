package bench

import (
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/dialog"
	"github.com/parley-im/parley/actors/room"
	"github.com/parley-im/parley/actors/user"
	"github.com/parley-im/parley/cluster"
	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

const (
	benchApp = im.AppID("bench")
	// bodyBytes is the size of a message: that of the proposals of the bare loop.
	bodyBytes = 128
	// callTimeout is longer than any queue of a benchmark.
	callTimeout = time.Minute
)

// noHub takes messages and forgets them: what is measured is the way to the disk and to the users, not the sockets.
type noHub struct{}

func (noHub) Deliver(_, _ im.Address, _ *pb.Delivery, _ func(error)) (bool, error) { return false, nil }

func (noHub) Listen(im.Address, bool, []im.RoomID, []im.RoomID, func(error)) (bool, error) {
	return false, nil
}
func (noHub) Settle(im.Address, func(error)) (bool, error) { return false, nil }
func (noHub) TakeOver(im.Address) im.Interest              { return im.Interest{} }
func (noHub) Publish(im.Address, im.Epoch, *pb.Delivery)   {}
func (noHub) Announce(im.Address, *pb.Announce) error      { return nil }
func (noHub) Away(im.Address) (away, certain bool)         { return false, false }
func (noHub) Proclaim(im.Address, bool, []im.UserID)       {}
func (noHub) NotifiesAll(im.Address) bool                  { return false }
func (noHub) Attended(im.Address) bool                     { return false }
func (noHub) Sessions(im.Address) int                      { return 0 }

// startActors starts what `serve` starts below the edge: the log, the cluster node, the shell with its cores.
func startActors(b *testing.B) (*cluster.Node, *eventlog.Log) {
	b.Helper()
	return startActorsWith(b, noHub{})
}

func startActorsWith(b *testing.B, hub actors.Hub) (*cluster.Node, *eventlog.Log) {
	b.Helper()
	const shards = 16
	node, err := cluster.Start(cluster.Options{Name: "bench", Replica: 1, Members: map[uint64]string{1: "bench"}, Shards: shards})
	if err != nil {
		b.Fatal(err)
	}
	log, err := eventlog.Open(eventlog.Options{
		Dir: b.TempDir(), Node: "bench", Shards: shards, RaftAddr: freeAddress(b), OnLeader: node.LeaderChanged,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	host := actors.NewHost(actors.Options{
		Journal: log, Caller: node, Hub: hub,
		Cores: map[im.Kind]func(im.Address) core.Core{
			im.KindDialog: func(a im.Address) core.Core { return dialog.New(a) },
			im.KindUser:   func(a im.Address) core.Core { return user.New(a) },
			im.KindRoom:   func(a im.Address) core.Core { return room.New(a, 2*largeRoom) },
		},
	})
	node.Serve(host.Owner)
	b.Cleanup(func() {
		node.Stop()
		if err := log.Close(); err != nil {
			b.Error(err)
		}
	})
	if err := log.Ready(b.Context()); err != nil {
		b.Fatal(err)
	}
	return node, log
}

func freeAddress(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// befriended returns n dialogs whose parties are friends.
func befriended(b *testing.B, node *cluster.Node, n int) []conversation {
	b.Helper()
	all := make([]conversation, n)
	for i := range all {
		from, to := im.UserID(fmt.Sprintf("tom%d", i)), im.UserID(fmt.Sprintf("jerry%d", i))
		all[i] = conversation{addr: im.FriendDialog(benchApp, from, to), from: from, to: to}
	}
	w := newWindow(256)
	for _, c := range all {
		cmd := &pb.Command{Body: &pb.Command_Befriend{Befriend: &pb.Befriend{From: string(c.from), To: string(c.to)}}}
		w.call(node, c.addr, cmd)
	}
	w.drain(b)
	return all
}

type conversation struct {
	addr     im.Address
	from, to im.UserID
}

var body = func() []byte {
	b := make([]byte, bodyBytes)
	for i := range b {
		b[i] = 'x'
	}
	b[0], b[len(b)-1] = '"', '"'
	return b
}()

func (c conversation) say(id string) *pb.Command {
	return &pb.Command{Id: id, Body: &pb.Command_Say{Say: &pb.Say{
		From: string(c.from), To: string(c.to), Content: &pb.Content{Body: body}, Session: "s",
	}}}
}

// window keeps so many commands in flight and counts those that failed.
type window struct {
	slots  chan struct{}
	failed atomic.Int64
	reason atomic.Value
}

func newWindow(size int) *window { return &window{slots: make(chan struct{}, size)} }

func (w *window) call(node *cluster.Node, to im.Address, cmd *pb.Command) {
	w.slots <- struct{}{}
	node.Call(to, cmd, callTimeout, func(r *pb.Reply) {
		if err := r.Err("bench"); err != nil {
			w.failed.Add(1)
			w.reason.Store(err.Error())
		}
		<-w.slots
	})
}

// drain waits until everything is answered.
func (w *window) drain(b *testing.B) {
	for range cap(w.slots) {
		w.slots <- struct{}{}
	}
	if n := w.failed.Load(); n > 0 {
		b.Fatalf("%d commands failed, one with: %v", n, w.reason.Load())
	}
}

// How many messages a second do actors take, from command to answer, each on disk before its answer? Compare with
// BenchmarkRaft, the bare loop of proposals, of the same run.
func BenchmarkActors(b *testing.B) {
	for _, c := range []struct {
		name             string
		actors, inFlight int
	}{
		{"one at a time", 1, 1},
		{"hot, 64 in flight", 1, 64},
		{"hot, 1024 in flight", 1, 1024},
		{"10000 actors, 1024 in flight", 10_000, 1024},
	} {
		b.Run(c.name, func(b *testing.B) {
			node, _ := startActors(b)
			all := befriended(b, node, c.actors)
			w := newWindow(c.inFlight)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				conv := all[i%len(all)]
				w.call(node, conv.addr, conv.say(fmt.Sprintf("e%d", i)))
			}
			w.drain(b)
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "cmds/s")
		})
	}
}
