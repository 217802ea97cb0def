package mailbox

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/asynkron/protoactor-go/actor"
	"pgregory.net/rapid"
)

// handled is an actor.MessageInvoker that notes what it is given.
type handled struct {
	mu     sync.Mutex
	events []string
	// before is called for each message of a user.
	before func(message any)
}

func (h *handled) note(what string, message any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, fmt.Sprint(what, " ", message))
}

func (h *handled) InvokeSystemMessage(message any) { h.note("system", message) }

func (h *handled) InvokeUserMessage(message any) {
	if h.before != nil {
		h.before(message)
	}
	h.note("user", message)
}

func (h *handled) EscalateFailure(reason, message any) {
	h.note(fmt.Sprint("failed: ", reason), message)
}

func (h *handled) want(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Equal(h.events, want) {
		t.Errorf("handled %q, want %q", h.events, want)
	}
	h.events = nil
}

func newHandled(before func(any)) (actor.Mailbox, *handled) {
	h := &handled{before: before}
	m := New()
	m.RegisterHandlers(h, actor.NewDefaultDispatcher(300))
	m.Start()
	return m, h
}

// What users post waits while the actor is suspended, what the system posts goes before it, and a panic is told and ends nothing.
// Checked by breaking it: when next does not look whether the actor is suspended "b" is handled at once; without the
// recover the test dies.
func TestMailbox_SystemFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var m actor.Mailbox
		m, h := newHandled(func(message any) {
			switch message {
			case "a":
				m.PostUserMessage("a2")
				m.PostSystemMessage("s1")
			case "bad":
				panic("no")
			}
		})
		m.PostUserMessage("a")
		h.want(t, "user a", "system s1", "user a2")
		m.PostSystemMessage(&actor.SuspendMailbox{})
		m.PostUserMessage("b")
		m.PostSystemMessage("s2")
		h.want(t, "system s2")
		if n := m.UserMessageCount(); n != 1 {
			t.Errorf("%d wait, want 1", n)
		}
		m.PostSystemMessage(&actor.ResumeMailbox{})
		m.PostUserMessage("bad")
		m.PostUserMessage("c")
		h.want(t, "user b", "failed: no bad", "user c")
	})
}

// Of many who post at once everything is handled, once, one at a time, and in the order of each. Checked by breaking it: when
// next does not note that it found nothing, messages wait for ever; when wakeAndUnlock does not note that somebody runs, two do.
func TestMailbox_HandlesAllInOrder(t *testing.T) {
	t.Parallel()
	const senders, each = 8, 20_000
	type posted struct{ sender, n int }
	var last [senders]int
	var done sync.WaitGroup
	done.Add(senders * each)
	m := New()
	invoker := &sequence{handle: func(message any) {
		p := message.(posted)
		if p.n != last[p.sender]+1 { // a race, unless one is handled at a time
			t.Errorf("%d of sender %d comes after %d", p.n, p.sender, last[p.sender])
		}
		last[p.sender] = p.n
		done.Done()
	}}
	m.RegisterHandlers(invoker, actor.NewDefaultDispatcher(300))
	m.Start()
	for s := range senders {
		go func() {
			for n := range each {
				m.PostUserMessage(posted{s, n + 1})
			}
		}()
	}
	done.Wait()
}

// What is sent to an actor that is being spawned waits until it was started, and comes behind that. Checked by breaking it: when
// RegisterHandlers sets isReady, what comes between it and the start goes before that.
func TestMailbox_BeforeTheActorIsThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, h := New(), &handled{}
		m.PostUserMessage("early")
		m.PostSystemMessage("early, too")
		h.want(t)
		m.RegisterHandlers(h, actor.NewDefaultDispatcher(300))
		m.PostUserMessage("early, still")
		h.want(t)
		m.PostSystemMessage("started")
		m.Start()
		h.want(t, "system early, too", "system started", "user early", "user early, still")
	})
}

// sequence is an actor.MessageInvoker of one function.
type sequence struct{ handle func(any) }

func (s *sequence) InvokeSystemMessage(message any) { s.handle(message) }
func (s *sequence) InvokeUserMessage(message any)   { s.handle(message) }
func (s *sequence) EscalateFailure(reason, _ any)   { panic(reason) }

// A fifo gives back what it got in that order, keeps nothing of it, and is small when it is empty. Checked by breaking it: without
// the clear after a move it keeps what is gone; without a new one when it is empty it stays large.
func TestFifo_IsAQueue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var f fifo
		var model []int
		next, most := 0, 0 // most is how many there were since it was empty
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				for range rapid.IntRange(1, 50).Draw(t, "n") {
					next++
					f.push(next)
					model = append(model, next)
				}
			},
			"pop": func(t *rapid.T) {
				for range min(rapid.IntRange(1, 60).Draw(t, "n"), len(model)) {
					if got := f.pop(); got != model[0] {
						t.Fatalf("popped %v, want %d", got, model[0])
					}
					model = model[1:]
				}
			},
			"rest": func(t *rapid.T) {
				if f.rest(); len(model) == 0 && f.items != nil {
					t.Fatalf("at rest it has room for %d", cap(f.items))
				}
			},
			"": func(t *rapid.T) {
				kept := 0
				for _, item := range f.items[:cap(f.items)] {
					if item != nil {
						kept++
					}
				}
				if f.size() != len(model) || kept != len(model) {
					t.Fatalf("it has %d and keeps %d, want %d", f.size(), kept, len(model))
				}
				if len(model) == 0 && cap(f.items) > arrayItems {
					t.Fatalf("empty it has room for %d", cap(f.items))
				}
				if most = max(most, len(model)); cap(f.items) > 4*most+arrayItems {
					t.Fatalf("after %d it has room for %d", most, cap(f.items))
				}
				if len(model) == 0 {
					most = 0
				}
			},
		})
	})
}

// BenchmarkMailbox asks what a message costs that finds its actor at rest, and what a mailbox takes that has handled one, beside
// protoactor's.
func BenchmarkMailbox(b *testing.B) {
	for name, produce := range map[string]func() actor.Mailbox{"own": New, "protoactor": actor.Unbounded()} {
		b.Run(name, func(b *testing.B) {
			done := make(chan struct{})
			d, i := actor.NewDefaultDispatcher(300), &sequence{handle: func(any) { done <- struct{}{} }}
			make1 := func() actor.Mailbox {
				m := produce()
				m.RegisterHandlers(i, d)
				m.Start()
				m.PostUserMessage(d)
				<-done
				return m
			}
			m := make1()
			for b.Loop() {
				m.PostUserMessage(d)
				<-done
			}
			b.StopTimer()
			kept, before := make([]actor.Mailbox, 10_000), liveBytes()
			for i := range kept {
				kept[i] = make1()
			}
			b.ReportMetric(float64(liveBytes()-before)/float64(len(kept)), "B/mailbox")
			runtime.KeepAlive(kept)
		})
	}
}

func liveBytes() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}
