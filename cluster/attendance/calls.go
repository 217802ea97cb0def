package attendance

import (
	"sync"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// calls are the frames that other nodes have not answered yet.
type calls struct {
	links Links
	clock Clock

	mu sync.Mutex
	// last is the number of the last frame.
	last uint64
	// open holds, for each node, what it has not answered, by number. At most maxOpen for each.
	open map[string]map[uint64]*call
	// stop ends the timer of the next sweep; nil when nothing is open.
	stop   func()
	closed bool
}

// call is one of them.
type call struct {
	// end is called once, with the answer or an error. No lock of calls is held.
	end func(*pb.Done, error)
	// age counts sweeps.
	age int
}

// sweepEvery is the time between two looks for what is overdue; a call ends at the look that finds it old.
const (
	sweepEvery = AnswerTime / 4
	overdueAge = int(AnswerTime/sweepEvery) + 1
)

func newCalls(links Links, clock Clock) *calls {
	return &calls{links: links, clock: clock, open: map[string]map[uint64]*call{}}
}

// send sends body to a node that is to answer it. After an error end is not called; else it is, once, perhaps before send
// returns.
func (c *calls) send(to string, f *pb.Frame, end func(*pb.Done, error)) error {
	number, err := c.note(to, end)
	if err != nil {
		return err
	}
	f.Number = number
	if err := c.links.Send(to, f); err != nil && c.take(to, number) != nil {
		return err
	}
	return nil
}

func (c *calls) note(to string, end func(*pb.Done, error)) (number uint64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(c.open[to]) >= maxOpen {
		return 0, im.E("attendance.send", im.Overloaded, "")
	}
	c.last++
	if c.open[to] == nil {
		c.open[to] = map[uint64]*call{}
	}
	c.open[to][c.last] = &call{end: end}
	if c.stop == nil {
		c.stop = c.clock.AfterFunc(sweepEvery, c.sweep)
	}
	return c.last, nil
}

// take removes a call; nil when it has ended.
func (c *calls) take(from string, number uint64) *call {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := c.open[from][number]
	delete(c.open[from], number)
	return taken
}

// done takes an answer. One that nobody waits for any more is dropped.
func (c *calls) done(from string, d *pb.Done) {
	if taken := c.take(from, d.GetNumber()); taken != nil {
		taken.end(d, kindErr(d.GetError()))
	}
}

// down ends what a node has not answered: it will not.
func (c *calls) down(node string) {
	c.mu.Lock()
	lost := c.open[node]
	delete(c.open, node)
	c.mu.Unlock()
	end(lost)
}

// sweep ends what is overdue.
func (c *calls) sweep() {
	overdue := map[uint64]*call{}
	c.mu.Lock()
	left := 0
	for _, open := range c.open {
		for number, w := range open {
			if w.age++; w.age >= overdueAge {
				overdue[number] = w
				delete(open, number)
			}
		}
		left += len(open)
	}
	c.stop = nil
	if left > 0 && !c.closed {
		c.stop = c.clock.AfterFunc(sweepEvery, c.sweep)
	}
	c.mu.Unlock()
	end(overdue)
}

// end ends calls in the order of their numbers, so that a test sees the same each time.
func end(lost map[uint64]*call) {
	for _, number := range sortedKeys(lost) {
		lost[number].end(nil, im.E("attendance.wait", im.Unavailable, ""))
	}
}

// close ends the timer and drops what is open.
func (c *calls) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	clear(c.open)
	if c.stop != nil {
		c.stop()
	}
}

// kindErr is the reverse of errKind.
func kindErr(kind uint32) error {
	if kind == 0 {
		return nil
	}
	return (&pb.Reply{Error: kind}).Err("attendance.answer")
}

// errKind returns err as it travels in pb.Done.
func errKind(err error) uint32 {
	if err == nil {
		return 0
	}
	return uint32(im.KindOf(err)) + 1
}
