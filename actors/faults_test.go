package actors_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/dialog"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// A log without room refuses at once, and nothing has happened.
func TestShell_FullLogRefuses(t *testing.T) {
	log := newLog(t)
	full := &fullJournal{Journal: log}
	l := begin(t, log, newHub(), 1, func(_ *life, o *actors.Options) { o.Journal = full })
	l.must(pair, befriend("tom", "jerry"))
	full.set(true)
	if reply := l.ask(pair, say("a", "tom", "jerry")); reply.Error != uint32(im.Overloaded)+1 {
		t.Errorf("answer = %v, want overloaded", reply)
	}
	full.set(false)
	if got := l.must(pair, say("b", "tom", "jerry")).GetSay().N; got != 1 {
		t.Errorf("n = %d, want 1", got)
	}
}

type fullJournal struct {
	actors.Journal
	mu   sync.Mutex
	full bool
}

func (f *fullJournal) set(full bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.full = full
}

func (f *fullJournal) Append(a im.Append) error {
	f.mu.Lock()
	full := f.full
	f.mu.Unlock()
	if full {
		return im.E("test.append", im.Overloaded, "")
	}
	return f.Journal.Append(a)
}

// unreadable fails the first loads of the conversation, as a shard without a leader does.
type unreadable struct {
	actors.Journal
	mu   sync.Mutex
	left int
}

func (u *unreadable) Load(addr im.Address, done func(im.Load, error)) {
	u.mu.Lock()
	fails := addr.Kind == im.KindDialog && u.left > 0
	if fails {
		u.left--
	}
	u.mu.Unlock()
	if fails {
		go done(im.Load{}, im.E("test.load", im.Unavailable, ""))
		return
	}
	u.Journal.Load(addr, done)
}

// What is owed is told although the conversation cannot be read at first, and nobody touches it.
//
// Checked by breaking it: without rescanLater in owner.forget nothing is told.
func TestShell_OwedSurvivesAFailedLoad(t *testing.T) {
	log, hub := newLog(t), newHub()
	_, _ = runUntil(t, log, hub, conversation, crashPoint{stage: telling, count: 5})
	want := storedMessages(t, log, pair)
	if len(owed(t, log)) == 0 {
		t.Fatal("nothing is owed: the test would prove nothing")
	}
	begin(t, log, hub, 2, func(_ *life, o *actors.Options) {
		o.Journal = &unreadable{Journal: log, left: 3}
		o.IdleAfter = 200 * time.Millisecond
	})
	await(t, "jerry told of all messages", func() bool { return len(hub.numbers("jerry", pair)) == want })
}

// belated stores the first message of the conversation when the log was read anew already, and says before that it does not know.
type belated struct {
	actors.Journal
	mu   sync.Mutex
	late *im.Append
	// done is true once it is stored.
	done bool
}

func (b *belated) Append(a im.Append) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a.Entries[0].N == 0 || b.late != nil || b.done {
		return b.Journal.Append(a)
	}
	unknown := a.Done
	a.Fence = nil // it is on its way: nothing calls it back
	b.late = &a
	go unknown(im.Unknown)
	return nil
}

func (b *belated) Load(addr im.Address, done func(im.Load, error)) {
	b.Journal.Load(addr, func(l im.Load, err error) {
		if addr.Kind == im.KindDialog {
			b.storeLate()
		}
		done(l, err)
	})
}

// storeLate stores what is late, and returns once it is.
func (b *belated) storeLate() {
	b.mu.Lock()
	late := b.late
	b.late = nil
	b.mu.Unlock()
	if late == nil {
		return
	}
	outcome := make(chan im.Outcome)
	late.Done = func(o im.Outcome) { outcome <- o }
	if err := b.Journal.Append(*late); err == nil && <-outcome == im.Stored {
		b.mu.Lock()
		b.done = true
		b.mu.Unlock()
	}
}

// A message that is stored after its activation has read the log anew, and is sent again by the edge, is not only acknowledged: it is
// told, too.
//
// Checked by breaking it: without the look at the head in answerRepeat jerry is never told of it.
func TestShell_WhatIsStoredBehindALoadIsTold(t *testing.T) {
	log, hub := newLog(t), newHub()
	late := &belated{Journal: log}
	l := begin(t, log, hub, 1, func(_ *life, o *actors.Options) { o.Journal = late })
	l.must(pair, befriend("tom", "jerry"))
	if got := l.must(pair, say("a", "tom", "jerry")).GetSay().N; got != 1 {
		t.Errorf("n = %d, want 1", got)
	}
	if !late.done {
		t.Fatal("it was not stored late: the test would prove nothing")
	}
	await(t, "jerry told of the message", func() bool { return len(hub.numbers("jerry", pair)) == 1 })
}

// panicky is a core that cannot fold its log for a while.
type panicky struct {
	core.Core
	left *atomic.Int64
}

func (p panicky) Apply(ev core.Event) {
	if p.left.Add(-1) >= 0 {
		panic("cannot fold")
	}
	p.Core.Apply(ev)
}

// State that cannot be folded is an error for whoever asks, each time, and no longer than that: the address is never lost.
//
// Checked by breaking it: without survive, protoactor gives the actor up after ten restarts, and nobody is answered.
func TestShell_StateThatCannotBeFoldedIsAnError(t *testing.T) {
	log, hub := newLog(t), newHub()
	first := begin(t, log, hub, 1, nil)
	first.must(pair, befriend("tom", "jerry"))
	first.end()
	const panics = 15
	var left atomic.Int64
	left.Store(panics)
	l := begin(t, log, hub, 2, func(_ *life, o *actors.Options) {
		o.Cores[im.KindDialog] = func(a im.Address) core.Core { return panicky{dialog.New(a), &left} }
	})
	read := &pb.Command{Body: &pb.Command_Friendship{Friendship: &pb.Friendship{}}}
	await(t, "the friendship can be read again", func() bool {
		reply := l.deliver(pair, read, patient)
		if kind := im.KindOf(reply.Err("test")); reply.Error != 0 && kind != im.Internal && kind != im.Retry {
			t.Fatalf("answered %v, want an internal error", kind)
		}
		return reply.Error == 0
	})
}
