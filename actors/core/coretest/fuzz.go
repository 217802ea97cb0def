package coretest

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Fuzz hands bytes to a core, as they may come from a disk or from another node: a snapshot, an event of the log, a command.
// Commands draws the commands that its seeds begin from: a live core takes some dozens of them, and leaves its states and
// events on the way.
type Fuzz struct {
	Fresh    func() core.Core
	Commands *rapid.Generator[*pb.Command]
}

// Run fuzzes the core. Whatever the three say:
//
//   - A snapshot is an error, or replaces the whole state by one whose own snapshot is read back as itself.
//   - An event can be folded into any state, and told of; the state before it, and the one after it, may as well have been
//     restored from a snapshot.
//   - A command is refused with an *im.Error whose kind blames the sender, or leads to events that can be stored, that owe
//     exactly when there is something to tell, the last of them if any does, and that replay to the state that they made.
//     Nothing else changes the state, a restored one decides the same, and deciding costs no more than the state and the
//     command weigh.
func (z Fuzz) Run(f *testing.F) {
	last := z.Fresh().Marshal()
	z.live(f, func(state []byte, cmd *pb.Command, events []core.Event) {
		last = state
		z.add(f, state, cmd)
		for _, ev := range events {
			f.Add(state, encoded(f, ev.Body), []byte{}, ev.N, int64(ev.TS))
		}
	})
	f.Add([]byte{0xff}, []byte{}, []byte{}, uint64(0), int64(1))
	f.Fuzz(func(t *testing.T, state, event, command []byte, n uint64, ts int64) {
		if z.Fresh().Unmarshal(state) != nil {
			return
		}
		z.checkSnapshot(t, state, last)
		if body := (&pb.Event{}); proto.Unmarshal(event, body) == nil && ts > 0 {
			z.checkApply(t, state, core.Event{Seq: 1, N: n, TS: im.Millis(ts), Message: n > 0, Owes: true, Body: body})
		}
		if cmd := (&pb.Command{}); proto.Unmarshal(command, cmd) == nil {
			z.checkDecide(t, state, cmd, len(state)+len(command))
		}
	})
}

// Seed adds a snapshot and a command to what Run begins from.
func (z Fuzz) Seed(f *testing.F, state proto.Message, cmd *pb.Command) {
	f.Helper()
	z.add(f, encoded(f, state), cmd)
}

func (z Fuzz) add(f *testing.F, state []byte, cmd *pb.Command) {
	f.Helper()
	f.Add(state, []byte{}, encoded(f, cmd), uint64(0), int64(1))
}

// seedCommands is how many commands the live core takes.
const seedCommands = 48

// live runs a core through commands, and calls visit with the state that each finds and with the events that follow.
func (z Fuzz) live(f *testing.F, visit func(state []byte, cmd *pb.Command, events []core.Event)) {
	f.Helper()
	c, head := z.Fresh(), im.Head{}
	for i := range seedCommands {
		cmd, state := z.Commands.Example(i), c.Marshal()
		d, _ := c.Decide(cmd, head.TS+1)
		head = stamp(head, d.Events)
		for _, ev := range d.Events {
			c.Apply(ev)
		}
		visit(state, cmd, d.Events)
	}
}

// stamp numbers events behind head as the shell does.
func stamp(head im.Head, events []core.Event) im.Head {
	for i := range events {
		ev := &events[i]
		head.Seq++
		head.TS++
		ev.Seq, ev.TS = head.Seq, head.TS
		if ev.Message {
			head.N++
			ev.N = head.N
		}
	}
	return head
}

func encoded(f *testing.F, m proto.Message) []byte {
	f.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		f.Fatal(err)
	}
	return b
}

// checkSnapshot reads state, which is one, into a fresh core and into a used one.
func (z Fuzz) checkSnapshot(t *testing.T, state, used []byte) {
	t.Helper()
	want := z.restored(t, state).Marshal()
	z.same(t, z.restored(t, want), want)
	other := z.restored(t, used)
	if err := other.Unmarshal(state); err != nil {
		t.Fatalf("a used core does not take what a fresh one takes: %v", err)
	}
	z.same(t, other, want)
}

// restored returns a core that has read state, which is a snapshot.
func (z Fuzz) restored(t *testing.T, state []byte) core.Core {
	t.Helper()
	c := z.Fresh()
	if err := c.Unmarshal(state); err != nil {
		t.Fatalf("its own snapshot %x: %v", state, err)
	}
	return c
}

func (z Fuzz) same(t *testing.T, c core.Core, want []byte) {
	t.Helper()
	if got := c.Marshal(); !bytes.Equal(got, want) {
		t.Errorf("the state is\n %x, want\n %x", got, want)
	}
}

// checkApply folds ev twice into state, with and without a restart before and in between.
func (z Fuzz) checkApply(t *testing.T, state []byte, ev core.Event) {
	t.Helper()
	live := z.restored(t, state)
	before := live.Marshal()
	fold(t, live, ev)
	after := live.Marshal()
	z.same(t, fold(t, z.restored(t, before), ev), after)
	ev.Seq++
	z.same(t, fold(t, z.restored(t, after), ev), fold(t, live, ev).Marshal())
}

// fold applies ev and asks what must be told of it.
func fold(t *testing.T, c core.Core, ev core.Event) core.Core {
	t.Helper()
	c.Apply(ev)
	for _, tell := range c.Tells(ev) {
		if _, err := proto.Marshal(tell.Item); err != nil || tell.Item == nil {
			t.Errorf("a tell of %v cannot be sent: %v", ev.Body, err)
		}
	}
	return c
}
