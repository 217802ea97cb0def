package storm

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/parley-im/parley/test/client"
)

const (
	// Repeats is how often each message is sent, but for the last time.
	Repeats = 10
	// AtOnce is from how many connections at a time.
	AtOnce = 5
	// batch is how many messages a sender sends over each connection, without waiting for answers in between.
	batch = 8
	// breath is the pause before something that failed is tried again.
	breath = 20 * time.Millisecond
)

// Options says where the storm is.
type Options struct {
	// Dial logs somebody in; way, which grows from call to call, may choose the node. It is called again when it fails.
	Dial func(ctx context.Context, way int, o client.Options) (*client.Conn, error)
	// Group is the id of a group that was founded with the members Members.
	Group string
	// Patience is how long a connection waits for answers: every message is answered, or the connection ends. Later is a fault.
	Patience time.Duration
}

// The participants. Tom is a friend of Jerry's, and a stranger to Zoe; all but Zoe and the passenger are in the group.
const (
	tom, jerry, anna, zoe = "tom", "jerry", "anna", "zoe"
	visitor               = "visitor"
)

// Friends are who must be friends before Begin.
var Friends = [2]string{tom, jerry}

// Members are who must be in the group before Begin; the first is its owner.
var Members = []string{tom, jerry, anna}

// The conversations.
const (
	friends   = "friends"
	group     = "the group"
	strangers = "strangers"
	visit     = "the visit"
)

// Storm is one run.
type Storm struct {
	opts    Options
	ctx     context.Context // of New; the goroutines' own
	tape    tape
	senders []*sender
	stop    chan struct{} // closed by Finish: no new messages
	leave   chan struct{} // closed by Repeat: nobody listens any more
	talking sync.WaitGroup
	ears    sync.WaitGroup

	mu struct {
		sync.Mutex
		ways   int
		lines  []*line
		faults []error
	}
}

// New returns a storm that has not begun. When ctx ends, all that it does ends.
func New(ctx context.Context, o Options) *Storm {
	s := &Storm{opts: o, ctx: ctx, stop: make(chan struct{}), leave: make(chan struct{})}
	for _, c := range []struct {
		who  string
		to   client.To
		talk string
	}{
		{tom, client.To{ID: jerry}, friends},
		{jerry, client.To{ID: tom}, friends},
		{tom, client.To{ID: o.Group, Type: client.Group}, group},
		{jerry, client.To{ID: o.Group, Type: client.Group}, group},
		{anna, client.To{ID: o.Group, Type: client.Group}, group},
		{tom, client.To{ID: zoe, Type: client.Stranger}, strangers},
		{zoe, client.To{ID: tom, Type: client.Stranger}, strangers},
		{tom, client.To{ID: visitor, Type: client.Passenger}, visit},
		{visitor, client.To{ID: tom}, visit},
	} {
		s.senders = append(s.senders, &sender{storm: s, who: c.who, to: c.to, talk: c.talk})
	}
	return s
}

// Begin logs everybody in, and lets them talk. It returns when all are there.
func (s *Storm) Begin() error {
	for _, who := range []string{tom, jerry, anna, zoe, visitor} {
		l, err := s.dial(s.ctx, who)
		if err != nil {
			return err
		}
		s.ears.Go(func() { s.listen(l) })
	}
	for _, k := range s.senders {
		s.talking.Go(k.run)
	}
	return nil
}

// listen keeps who l is logged in until the end.
func (s *Storm) listen(l *line) {
	for {
		select {
		case <-l.conn.Done():
		case <-s.leave:
			l.conn.Cut()
			return
		case <-s.ctx.Done():
			l.conn.Cut()
			return
		}
		var err error
		if l, err = s.dial(s.ctx, l.who); err != nil {
			return // ctx has ended
		}
	}
}

// Finish returns when everybody has finished what they had begun. All servers must run.
func (s *Storm) Finish() {
	close(s.stop)
	s.talking.Wait()
}

// Repeat sends, after Finish, each message once more, and hangs up. All servers must run. The error is that the context of New
// ended.
func (s *Storm) Repeat() error {
	for _, k := range s.senders {
		s.talking.Go(k.last)
	}
	s.talking.Wait()
	close(s.leave)
	s.Wait()
	return s.ctx.Err()
}

// Wait returns when nothing of the storm goes on any more, which is after Repeat, or when the context of New has ended.
func (s *Storm) Wait() {
	s.talking.Wait()
	s.ears.Wait()
}

// Counts returns how often something was sent and answered with success, and how many sendings wait for their answers.
func (s *Storm) Counts() (answers, open int) { return s.tape.counts() }

// Figures are what a run has done.
type Figures struct {
	Messages, Sendings, Answers, Duplicates, Refused, Connections, Heard int
}

// String returns the figures as a line.
func (f Figures) String() string {
	return fmt.Sprintf("%d messages, sent %d times over %d connections: %d successes, %d of them duplicates, %d refusals; %d heard live",
		f.Messages, f.Sendings, f.Connections, f.Answers, f.Duplicates, f.Refused, f.Heard)
}

// Figures returns what was done so far.
func (s *Storm) Figures() Figures {
	f := s.tape.figures()
	for _, l := range s.all() {
		f.Connections++
		f.Heard += l.count()
	}
	return f
}

func (s *Storm) fault(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.faults = append(s.mu.faults, err)
}

// all returns the connections so far.
func (s *Storm) all() []*line {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mu.lines)
}
