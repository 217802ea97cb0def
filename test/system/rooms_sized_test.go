package system

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// settleFor is for how many looks of two seconds the server may be busy after others have joined.
const settleFor = 10

// sized is what things took with so many members in the room.
type sized struct {
	members, listeners   int
	join, leave, slowest time.Duration // medians, and the slowest of both
	// turnCPU is what one join and one leave took of the server's processors, sayCPU what a message did.
	turnCPU, sayCPU time.Duration
}

func (s sized) String() string {
	return fmt.Sprintf("%d members, %d listen: join %v, leave %v, the slowest %v, CPU of both %v; CPU of a message %v",
		s.members, s.listeners, s.join, s.leave, s.slowest, s.turnCPU, s.sayCPU)
}

// measure lets users join and leave, one after the other, in a room that has one member less than size, and says some messages.
func (c *multitude) measure(size int) sized {
	c.t.Helper()
	s := sized{members: size}
	turn := func(i int) (join, leave time.Duration) {
		probe := fmt.Sprint(c.path, "/probe-", i%10)
		return c.must(http.MethodPost, probe, nil, http.StatusCreated), c.must(http.MethodDelete, probe, nil, http.StatusNoContent)
	}
	for i := range 10 { // wakes them
		turn(i)
	}
	idle := c.settle()
	var joins, leaves []time.Duration
	s.turnCPU = c.cpuOf(idle, c.how.turns, func() {
		for i := range c.how.turns {
			j, l := turn(i)
			joins, leaves = append(joins, j), append(leaves, l)
		}
	})
	slices.Sort(joins)
	slices.Sort(leaves)
	s.join, s.leave, s.slowest = joins[len(joins)/2], leaves[len(leaves)/2], max(joins[len(joins)-1], leaves[len(leaves)-1])
	idle = c.settle()
	s.sayCPU = c.cpuOf(idle, c.how.said, func() { s.listeners = c.say(c.how.said) })
	return s
}

// cpu is what the server has used of the processors.
func (c *multitude) cpu() time.Duration {
	return time.Duration(c.n.Metrics()["process_cpu_seconds_total"] * float64(time.Second))
}

// cpuOf is what the server used of the processors for each of so many times, beyond what it uses in a second when it is idle.
func (c *multitude) cpuOf(idle time.Duration, times int, do func()) time.Duration {
	began, from := time.Now(), c.cpu()
	do()
	used := c.cpu() - from - time.Duration(time.Since(began).Seconds()*float64(idle))
	return max(0, used/time.Duration(times))
}

// settle waits until the server has done what it does after others were answered, and returns what it uses of the processors in a
// second without them: heartbeats, and looks at who may fall asleep.
func (c *multitude) settle() (idle time.Duration) {
	c.t.Helper()
	if !soaking() {
		return 0
	}
	for range settleFor {
		from := c.cpu()
		<-time.After(2 * time.Second)
		if idle = (c.cpu() - from) / 2; idle < 100*time.Millisecond {
			break
		}
	}
	return idle
}

// growsNot checks that a join and a leave take the server about as long as in a room of 1,000.
func (c *multitude) growsNot() {
	c.t.Helper()
	small, large := c.levels[1], c.levels[len(c.levels)-1]
	if large.turnCPU > 2*small.turnCPU {
		c.t.Errorf("a join and a leave take %v of a processor with %d members, %v with %d", large.turnCPU, large.members, small.turnCPU, small.members)
	}
}
