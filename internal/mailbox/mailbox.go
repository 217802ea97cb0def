package mailbox

import (
	"runtime"
	"sync"

	"github.com/asynkron/protoactor-go/actor"
)

// mailbox is what New makes.
type mailbox struct {
	// invoker and dispatcher are set before isReady is.
	invoker    actor.MessageInvoker
	dispatcher actor.Dispatcher

	mu struct {
		sync.Mutex
		// isReady says that there is somebody to handle messages.
		isReady      bool
		system, user fifo
		// running says that run was scheduled and has not found the mailbox empty since.
		running bool
		// suspended says that messages of users wait: the actor failed, and its parent has not decided what follows.
		suspended bool
	}
}

var _ actor.Mailbox = (*mailbox)(nil)

// New makes a mailbox; it is an actor.MailboxProducer.
func New() actor.Mailbox { return &mailbox{} }

// PostUserMessage implements actor.Mailbox.
func (m *mailbox) PostUserMessage(message any) {
	m.mu.Lock()
	m.mu.user.push(message)
	m.wakeAndUnlock(!m.mu.suspended)
}

// PostSystemMessage implements actor.Mailbox.
func (m *mailbox) PostSystemMessage(message any) {
	m.mu.Lock()
	m.mu.system.push(message)
	m.wakeAndUnlock(true)
}

// wakeAndUnlock schedules run if there is something to do for it and nobody runs.
func (m *mailbox) wakeAndUnlock(work bool) {
	start := work && m.mu.isReady && !m.mu.running
	m.mu.running = m.mu.running || start
	m.mu.Unlock()
	if start {
		m.dispatcher.Schedule(m.run)
	}
}

// RegisterHandlers implements actor.Mailbox.
func (m *mailbox) RegisterHandlers(invoker actor.MessageInvoker, dispatcher actor.Dispatcher) {
	m.invoker, m.dispatcher = invoker, dispatcher
}

// Start implements actor.Mailbox. By then protoactor has posted that the actor was started, which goes before what users have posted.
func (m *mailbox) Start() {
	m.mu.Lock()
	m.mu.isReady = true
	m.wakeAndUnlock(m.mu.system.size() > 0 || m.mu.user.size() > 0)
}

// UserMessageCount implements actor.Mailbox.
func (m *mailbox) UserMessageCount() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mu.user.size()
}

// run handles messages until there are none.
func (m *mailbox) run() {
	for m.handle() {
		runtime.Gosched()
	}
}

// handle handles as many messages as one actor may before others have their turn. more = false when there are none left. An actor
// that panics is left to its parent.
func (m *mailbox) handle() (more bool) {
	var message any
	defer func() {
		if r := recover(); r != nil {
			more = true
			m.invoker.EscalateFailure(r, message)
		}
	}()
	for range m.dispatcher.Throughput() {
		var system, ok bool
		if message, system, ok = m.next(); !ok {
			return false
		}
		if system {
			m.invoker.InvokeSystemMessage(message)
			continue
		}
		m.invoker.InvokeUserMessage(message)
	}
	return true
}

// next takes out the next message; ok = false when there is none, and then run is to end.
func (m *mailbox) next() (message any, system, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.mu.system.size() > 0 {
		switch message := m.mu.system.pop().(type) {
		case *actor.SuspendMailbox:
			m.mu.suspended = true
		case *actor.ResumeMailbox:
			m.mu.suspended = false
		default:
			return message, true, true
		}
	}
	if m.mu.suspended || m.mu.user.size() == 0 {
		m.mu.running = false
		m.mu.system.rest()
		m.mu.user.rest()
		return nil, false, false
	}
	return m.mu.user.pop(), false, true
}

// fifo is a queue. The zero value is empty. Empty it keeps room for what it held at most, but not for more than arrayItems, until it rests.
type fifo struct {
	// items from first on are in the queue.
	items []any
	first int
}

// arrayItems is how many messages a queue has room for when it is taken up.
const arrayItems = 8

// arrays are those of queues that rest, as most do.
var arrays = sync.Pool{New: func() any { return new([arrayItems]any) }}

func (f *fifo) size() int { return len(f.items) - f.first }

func (f *fifo) push(item any) {
	if f.items == nil {
		f.items = arrays.Get().(*[arrayItems]any)[:0]
	}
	if len(f.items) == cap(f.items) && f.first > len(f.items)/2 {
		f.items = f.items[:copy(f.items, f.items[f.first:])]
		clear(f.items[len(f.items) : len(f.items)+f.first])
		f.first = 0
	}
	f.items = append(f.items, item)
}

// pop takes out the item that came first. There must be one.
func (f *fifo) pop() (item any) {
	item, f.items[f.first] = f.items[f.first], nil
	f.first++
	switch {
	case f.first < len(f.items):
	case cap(f.items) > arrayItems:
		*f = fifo{}
	default:
		f.items, f.first = f.items[:0], 0
	}
	return item
}

// rest gives back the room of a queue, if it is empty.
func (f *fifo) rest() {
	if f.items != nil && f.size() == 0 {
		arrays.Put((*[arrayItems]any)(f.items[:arrayItems]))
		*f = fifo{}
	}
}
