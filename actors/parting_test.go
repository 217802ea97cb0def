package actors_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/room"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// stopped is a way on which nobody is told anything.
type stopped struct{ actors.Caller }

// Call implements actors.Caller.
func (s *stopped) Call(_ im.Address, _ *pb.Command, _ time.Duration, done func(*pb.Reply)) {
	go done(pb.NewError(im.E("test.call", im.Unavailable, "")))
}

// A room that ends with more members than leave by one command goes on, part by part, also when its node was killed between two
// of them: another owner takes up where the last one was. Then it is gone, as a small one is, and everybody has been told.
//
// Checked by breaking it: it fails when a room that ends tells itself nothing, when it is gone with the first part, and when what it
// tells itself is refused.
func TestShell_LargeRoomsEndAfterAKill(t *testing.T) {
	const size = 17_000 // more than 2 MiB of ids, so two parts
	lobby := im.Room(app, "large")
	large := func(o *actors.Options) {
		o.MaxUntoldBytes = 1 << 30
		o.Cores[im.KindRoom] = func(a im.Address) core.Core { return room.New(a, size) }
	}
	log, hub := newLog(t), newHub()
	l := begin(t, log, hub, 1, func(l *life, o *actors.Options) {
		large(o)
		o.Caller = &stopped{l}
	})
	all := make([]string, size)
	for i := range all {
		all[i] = fmt.Sprintf("u%0*d", im.MaxIDLen-1, i)
	}
	l.must(lobby, create(""))
	for i, part := range slices.Collect(slices.Chunk(all, size/2)) {
		l.must(lobby, addMembers(fmt.Sprint("join", i), part...))
	}
	l.must(lobby, deletion())
	describe := &pb.Command{Body: &pb.Command_Describe{Describe: &pb.Describe{}}}
	if reply := l.ask(lobby, describe); reply.Error != uint32(im.NotFound)+1 {
		t.Errorf("it is described: %v", reply)
	}
	l.end()
	if h := log.Head(lobby); h.SnapSeq == h.Seq {
		t.Fatal("it is gone already: the test proves nothing")
	}
	again := begin(t, log, hub, 2, func(_ *life, o *actors.Options) { large(o) })
	await(t, "it is gone", func() bool { return isCovered(log, lobby) })
	await(t, "nothing is owed", func() bool { return isQuiet(log) })
	for _, u := range []string{all[0], all[size/2], all[size-1]} {
		if p := again.must(im.User(app, im.UserID(u)), profile()).GetProfile(); len(p.Rooms) > 0 {
			t.Errorf("%s is in %v", u, p.Rooms)
		}
	}
	log.Expire(log.Head(lobby).TS + 1)
	if h := log.Head(lobby); h != (im.Head{}) {
		t.Errorf("the log has not forgotten it: %+v", h)
	}
}
