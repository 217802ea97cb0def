package actors_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// road is the way of tells, which can be blocked; it measures them.
type road struct {
	actors.Caller
	mu      sync.Mutex
	blocked bool
	// items and bytes are those of the largest tells that set out.
	items, bytes int
}

// beginOn begins a life whose tells take a road.
func beginOn(t *testing.T, change func(*actors.Options)) (*life, *road) {
	t.Helper()
	r := &road{}
	l := begin(t, newLog(t), newHub(), 1, func(l *life, o *actors.Options) {
		r.Caller = l
		o.Caller = r
		if change != nil {
			change(o)
		}
	})
	return l, r
}

func (r *road) block(blocked bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.blocked = blocked
}

// Call implements actors.Caller.
func (r *road) Call(to im.Address, cmd *pb.Command, timeout time.Duration, done func(*pb.Reply)) {
	if cmd.GetTell() != nil && r.isBlockedFor(cmd) {
		go done(pb.NewError(im.E("test.call", im.Unavailable, "")))
		return
	}
	r.Caller.Call(to, cmd, timeout, done)
}

func (r *road) isBlockedFor(tell *pb.Command) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.items, r.bytes = max(r.items, len(tell.GetTell().Items)), max(r.bytes, tell.Weight())
	return r.blocked
}

// largest returns the items and bytes of the largest tells.
func (r *road) largest() (items, bytes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.items, r.bytes
}

// What cannot be told is taken up to a bound; then whatever would add to it is refused, reads are answered, and nothing is
// lost: once it can be told it is, and the conversation goes on.
//
// Checked by breaking it: without MaxUntoldBytes in write everything is taken.
func TestShell_UntoldIsBounded(t *testing.T) {
	const room, item = 10_000, 128 // the least that an item weighs
	var refused atomic.Int64
	l, way := beginOn(t, func(o *actors.Options) {
		o.MaxUntoldBytes = room
		o.OnUntold = func() { refused.Add(1) }
	})
	l.must(pair, befriend("tom", "jerry"))
	way.block(true)
	said := 0
	for ; said <= room/item; said++ {
		if reply := l.ask(pair, say(fmt.Sprint("m", said), "tom", "jerry")); reply.Error != 0 {
			if reply.Error != uint32(im.Overloaded)+1 {
				t.Fatalf("message %d: %v, want overloaded", said, reply)
			}
			break
		}
	}
	if said == 0 || said > room/item {
		t.Errorf("%d messages were taken", said)
	}
	unfriend := &pb.Command{Id: "unfriend", Body: &pb.Command_Unfriend{Unfriend: &pb.Unfriend{By: "tom"}}}
	if reply := l.ask(pair, unfriend); reply.Error != uint32(im.Overloaded)+1 {
		t.Errorf("unfriend: %v, want overloaded", reply)
	}
	if n := refused.Load(); n != 2 {
		t.Errorf("OnUntold was called %d times, want twice", n)
	}
	l.must(pair, &pb.Command{Body: &pb.Command_Friendship{Friendship: &pb.Friendship{}}})
	way.block(false)
	await(t, "jerry hears all of it", func() bool { return len(l.hub.numbers("jerry", pair)) == said })
	await(t, "there is room again", func() bool { return l.ask(pair, say("last", "tom", "jerry")).Error == 0 })
}

// However much waits to be told, one tell carries 4,096 items, or 1 MiB and what goes beyond it of one item.
//
// Checked by breaking it: without either bound in send, a tell carries all that waits.
func TestShell_TellsAreBounded(t *testing.T) {
	const maxItems, maxBytes = 4096, 1 << 20
	for name, c := range map[string]struct{ messages, size int }{
		"many":  {maxItems + 200, 1},
		"large": {10, 300 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, way := beginOn(t, nil)
			l.must(pair, befriend("tom", "jerry"))
			way.block(true)
			for i := range c.messages {
				l.must(pair, &pb.Command{Id: fmt.Sprint("m", i), Body: &pb.Command_Say{Say: &pb.Say{
					From: "tom", To: "jerry", Content: &pb.Content{Body: []byte(`"` + strings.Repeat("x", c.size) + `"`)},
				}}})
			}
			way.block(false)
			await(t, "jerry hears all of it", func() bool { return len(l.hub.numbers("jerry", pair)) == c.messages })
			items, bytes := way.largest()
			if items > maxItems || bytes > maxBytes+c.size+1000 {
				t.Errorf("a tell had %d items, one %d bytes", items, bytes)
			}
			if items < maxItems && bytes < maxBytes {
				t.Errorf("the largest had %d items, %d bytes: the test proves nothing", items, bytes)
			}
		})
	}
}

// An answer waits for its tells for a moment, not for as long as they cannot be told.
//
// Checked by breaking it: without the timer in hold there is no answer.
func TestShell_AnswersDoNotWaitForTheDeaf(t *testing.T) {
	l, way := beginOn(t, nil)
	way.block(true)
	if reply := l.deliver(pair, befriend("tom", "jerry"), 10*time.Second); reply.Error != 0 {
		t.Errorf("answered %v", reply)
	}
}

// fullDisk refuses snapshots, and counts them.
type fullDisk struct {
	actors.Journal
	asked atomic.Int64
}

// Snapshot implements actors.Journal.
func (f *fullDisk) Snapshot(im.Address, im.Epoch, uint64, im.Millis, []byte, func(im.Outcome)) error {
	f.asked.Add(1)
	return im.E("test.snapshot", im.Overloaded, "")
}

// A snapshot that is refused for want of room is not made again with each event: that would cost what the state weighs, for
// as long as the disk is full.
//
// Checked by breaking it: when the next event tries again, 138 are made.
func TestShell_MakesFewSnapshotsInVain(t *testing.T) {
	full := &fullDisk{}
	l := begin(t, newLog(t), newHub(), 1, func(l *life, o *actors.Options) {
		full.Journal = o.Journal
		o.Journal = full
	})
	l.must(pair, befriend("tom", "jerry"))
	for i := range 200 {
		l.must(pair, say(fmt.Sprintf("m%d", i), "tom", "jerry"))
	}
	if got := full.asked.Load(); got != 3 {
		t.Errorf("%d snapshots were made, want 3 of 201 events", got)
	}
}
