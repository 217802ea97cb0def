package actors

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// write is a decided command whose effects wait until the log has stored everything up to seq.
type write struct {
	env   envelope
	seq   uint64
	reply *pb.Reply
	// repeatOf, when set, makes reply once the first one with this id is stored.
	repeatOf  string
	out       core.Out
	owed      []owedTells
	afterTold bool
}

// owedTells is what others must learn of one entry.
type owedTells struct {
	seq   uint64
	tells []core.Tell
}

// held is a reply that waits for its tells.
type held struct {
	env   envelope
	seq   uint64
	reply *pb.Reply
}

// write queues the events, and applies them when they are queued. Refused for want of room, nothing has happened.
func (a *activation) write(env envelope, d core.Decision, now im.Millis) {
	if a.box.bytes > a.host.opts.MaxUntoldBytes && slices.ContainsFunc(d.Events, func(ev core.Event) bool { return ev.Owes }) {
		a.host.opts.OnUntold()
		a.fail(env, im.E("actors.write", im.Overloaded, ""))
		return
	}
	head := a.stamp(d.Events, now)
	entries, err := encode(d.Events)
	if err != nil {
		a.fail(env, &im.Error{Op: "actors.write", Kind: im.Invalid, Err: err})
		return
	}
	if _, repeats := a.core.(core.Repeater); repeats {
		entries[0].ID = env.cmd.Id
	}
	final := a.final(d)
	if err := a.append(entries, head.Seq, d, final); err != nil {
		a.fail(env, err)
		return
	}
	w := write{env: env, seq: head.Seq, reply: orEmpty(d.Reply), out: d.Out, afterTold: d.AfterTold}
	for i, ev := range d.Events {
		a.core.Apply(ev)
		a.growth.add(len(entries[i].Body))
		if ev.Owes {
			// NB: here and not when it is stored: a member who joins meanwhile must not hear of what was said before.
			w.owed = append(w.owed, owedTells{seq: ev.Seq, tells: a.core.Tells(ev)})
		}
	}
	a.head = head
	a.blank.Store(false)
	a.notePending(env.cmd.Id, head.Seq)
	a.writes = append(a.writes, w)
	if final != nil {
		a.covered(head.Seq, len(final))
		return
	}
	a.snapshotIfGrown()
}

// stamp numbers the events behind the head and returns the head that they lead to.
func (a *activation) stamp(events []core.Event, now im.Millis) im.Head {
	head := a.head
	head.TS = now - 1
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

func encode(events []core.Event) ([]im.Entry, error) {
	entries := make([]im.Entry, len(events))
	for i, ev := range events {
		body, err := proto.Marshal(ev.Body)
		if err != nil {
			return nil, err
		}
		entries[i] = im.Entry{Seq: ev.Seq, N: ev.N, TS: ev.TS, Owes: ev.Owes, Body: body}
	}
	return entries, nil
}

func (a *activation) append(entries []im.Entry, last uint64, d core.Decision, final []byte) error {
	self, root, epoch := a.self, a.root, a.epoch
	return a.host.opts.Journal.Append(im.Append{
		Addr: a.addr, Epoch: epoch, Expected: a.head.Seq, Entries: entries, Record: d.Record, Floor: d.Floor,
		Final: final, Gone: final != nil, Relief: relieves(d.Events), Fence: a.fence,
		Done: func(o im.Outcome) { root.Send(self, &committed{epoch: epoch, seq: last, outcome: o}) },
	})
}

// follow releases a decision without events once what was decided before it is stored.
func (a *activation) follow(env envelope, d core.Decision) {
	w := write{env: env, seq: a.head.Seq, reply: orEmpty(d.Reply), out: d.Out}
	if len(a.writes) > 0 {
		a.writes = append(a.writes, w)
		return
	}
	a.let(&w)
	a.box.flush(a)
}

// committed takes the log's answer to one append.
func (a *activation) committed(m *committed) {
	switch m.outcome {
	case im.Stored:
		a.stored = m.seq
		a.release()
		a.confirmNext()
	case im.Moved:
		a.retire()
	default:
		a.host.opts.Logger.Debug("append not stored, starting over", "addr", a.addr, "seq", m.seq, "outcome", m.outcome)
		a.reset()
	}
}

// release lets out, in order, what rests on stored entries.
func (a *activation) release() {
	n := 0
	for n < len(a.writes) && a.writes[n].seq <= a.stored {
		a.let(&a.writes[n])
		n++
	}
	a.writes = dropFront(a.writes, n)
	a.box.flush(a)
}

func (a *activation) let(w *write) {
	delete(a.pendingIDs, w.env.cmd.Id)
	r := a.emit(&w.out)
	for _, o := range w.owed {
		a.box.add(o.seq, o.tells)
	}
	switch {
	case r != nil:
		a.answerTaken(w.env, w.reply, r)
	case w.repeatOf != "":
		a.repeatStored(w)
	case w.afterTold:
		a.hold(held{env: w.env, seq: w.seq, reply: w.reply})
	default:
		a.answer(w.env, w.reply)
	}
}

// hold keeps a reply until its tells are done, for a second at most: "add, then send" works, and a receiver that is away
// holds nobody up.
func (a *activation) hold(h held) {
	a.held = append(a.held, h)
	self, root := a.self, a.root
	time.AfterFunc(holdReply, func() { root.Send(self, &heldTooLong{seq: h.seq}) })
}

// releaseHeld answers the held replies up to seq.
func (a *activation) releaseHeld(seq uint64) {
	n := 0
	for n < len(a.held) && a.held[n].seq <= seq {
		a.answer(a.held[n].env, a.held[n].reply)
		n++
	}
	a.held = dropFront(a.held, n)
}

// dropFront removes the first n of s, and lets go of the memory once all are gone: most activations rest most of the time.
func dropFront[T any](s []T, n int) []T {
	clear(s[:n])
	if n == len(s) {
		return nil
	}
	return s[n:]
}
