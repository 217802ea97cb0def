// Package coretest is the conformance suite of cores: whatever commands come, a core rebuilt from its log is the core
// that ran live (ReplayEqualsLive), and whatever bytes come, it stays one (Fuzz). World runs a core in its own tests.
package coretest

import (
	"bytes"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// ReplayEqualsLive runs random commands through a live core, stamping events as the shell does, and checks after each
// step that Decide changed nothing, that a repeat waits for others if the first answer does, that a core replayed from the stored bytes equals the live one, and that one built
// from a snapshot at a random point and the tail after it does too, and so does one to which the bodies of messages are lost,
// as they are after the window: in what they marshal to, and in what they decide from then on, since a field that Marshal
// forgets is missing from both sides of the first comparison.
func ReplayEqualsLive(t *testing.T, fresh func() core.Core, command *rapid.Generator[*pb.Command]) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		live := fresh()
		var log journal
		cut := rapid.IntRange(0, 20).Draw(t, "snapshot after")
		for i := range rapid.IntRange(1, 40).Draw(t, "commands") {
			if i == cut {
				log.snapshot(live)
			}
			log.step(t, live, command.Draw(t, "command"))
		}
		for _, other := range log.check(t, live, fresh) {
			log.decideAlike(t, live, other, command)
		}
	})
}

// journal keeps events as bytes, as the log does.
type journal struct {
	head   im.Head
	events []stored
	state  []byte // snapshot, nil = none
	after  int    // how many events it covers
}

type stored struct {
	ev   core.Event
	body []byte
}

func (j *journal) snapshot(c core.Core) { j.state, j.after = c.Marshal(), len(j.events) }

func (j *journal) step(t *rapid.T, live core.Core, cmd *pb.Command) {
	before := live.Marshal()
	d, err := live.Decide(cmd, j.head.TS+1)
	if !bytes.Equal(before, live.Marshal()) {
		t.Fatalf("Decide(%v) changed the state", cmd)
	}
	if err != nil && len(d.Events) > 0 {
		t.Fatalf("Decide(%v) = events and error %v", cmd, err)
	}
	checkFound(t, d)
	j.head = stamp(j.head, d.Events)
	for _, ev := range d.Events {
		j.store(t, live, ev)
	}
	if r, ok := live.(core.Repeater); ok && d.AfterTold {
		first := d.Events[0]
		if reply, afterTold := r.Repeat(cmd, im.StoredAt{Seq: first.Seq, N: first.N, TS: first.TS}); reply == nil || !afterTold {
			t.Fatalf("the answer to %v waits, and that to a repeat does not: %v", cmd, reply)
		}
	}
}

func (j *journal) store(t *rapid.T, live core.Core, ev core.Event) {
	body, err := proto.Marshal(ev.Body)
	if err != nil {
		t.Fatalf("event %v cannot be stored: %v", ev.Body, err)
	}
	live.Apply(ev)
	if ev.Owes != (len(live.Tells(ev)) > 0) {
		t.Fatalf("event %v: Owes = %v, but %d tells", ev.Body, ev.Owes, len(live.Tells(ev)))
	}
	j.events = append(j.events, stored{ev: ev, body: body})
}

// check returns the cores that equal the live one.
func (j *journal) check(t *rapid.T, live core.Core, fresh func() core.Core) []core.Core {
	want := live.Marshal()
	replayed, old := j.replay(t, fresh(), 0, false), j.replay(t, fresh(), 0, true)
	if got := replayed.Marshal(); !bytes.Equal(got, want) {
		t.Fatalf("replayed state differs from the live one:\n got %x\nwant %x", got, want)
	}
	if got := old.Marshal(); !bytes.Equal(got, want) {
		t.Fatalf("replayed without the bodies of messages the state differs from the live one:\n got %x\nwant %x", got, want)
	}
	if j.state == nil {
		return []core.Core{replayed, old}
	}
	c := fresh()
	if err := c.Unmarshal(j.state); err != nil {
		t.Fatalf("snapshot cannot be read: %v", err)
	}
	restored := j.replay(t, c, j.after, false)
	if got := restored.Marshal(); !bytes.Equal(got, want) {
		t.Fatalf("snapshot and tail differ from the live state:\n got %x\nwant %x", got, want)
	}
	return []core.Core{replayed, old, restored}
}

// decideAlike gives both cores the same commands, none of which is carried out: their answers must be the same.
func (j *journal) decideAlike(t *rapid.T, live, other core.Core, command *rapid.Generator[*pb.Command]) {
	for range 10 {
		cmd := command.Draw(t, "probe")
		got, gotErr := other.Decide(cmd, j.head.TS+1)
		want, wantErr := live.Decide(cmd, j.head.TS+1)
		if im.KindOf(gotErr) != im.KindOf(wantErr) || !proto.Equal(got.Reply, want.Reply) || !sameEvents(got.Events, want.Events) || !sameFound(got, want) {
			t.Fatalf("Decide(%v) = %v, %v; the live core says %v, %v", cmd, got, gotErr, want, wantErr)
		}
	}
}

func sameEvents(a, b []core.Event) bool {
	return slices.EqualFunc(a, b, func(x, y core.Event) bool {
		return x.Message == y.Message && x.Owes == y.Owes && proto.Equal(x.Body, y.Body)
	})
}

// replay folds the events, of messages without their bodies if they are old.
func (j *journal) replay(t *rapid.T, c core.Core, from int, old bool) core.Core {
	for _, s := range j.events[from:] {
		ev := s.ev
		if ev.Body = nil; old && ev.Message {
			c.Apply(ev)
			continue
		}
		ev.Body = &pb.Event{}
		if err := proto.Unmarshal(s.body, ev.Body); err != nil {
			t.Fatalf("stored event cannot be read: %v", err)
		}
		c.Apply(ev)
	}
	return c
}
