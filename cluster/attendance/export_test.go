package attendance

import "github.com/parley-im/parley/im"

// Held counts what is kept: interests, what waits, what is not answered, timers.
func (a *Attendance) Held() (n int) {
	for _, sh := range a.shards[1:] {
		sh.mu.Lock()
		n += len(sh.here) + len(sh.announced.rest) + len(sh.announced.waiting)
		if t := sh.table; t != nil {
			n += len(t.queue.waiting) + t.queue.bytes + len(t.sleepers.users) + len(t.sleepers.queue) + len(t.sleepers.waking)
			for _, c := range t.columns {
				n += len(c.has) + len(c.lost) + len(c.held)
			}
		}
		sh.mu.Unlock()
	}
	return n + a.open() + a.set()
}

// FiredForget returns what the timer for the sessions of user that node has lost comes to do once it has fired, and can be
// stopped no more.
func (a *Attendance) FiredForget(user im.Address, node string) func() {
	sh := a.shardOf(user)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	c := sh.table.column(node)
	loss := c.losses
	return func() { a.forgetLost(sh, c, loss) }
}

func (a *Attendance) open() (n int) {
	a.calls.mu.Lock()
	defer a.calls.mu.Unlock()
	for _, open := range a.calls.open {
		n += len(open)
	}
	return n
}

func (a *Attendance) set() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.timers)
}

// The bounds that tests go to.
const (
	MaxWaitingBytes = maxWaitingBytes
	MaxOpen         = maxOpen
	PartSize        = partSize
	RetryPause      = retryPause
	MissTime        = missTime
	LostTime        = lostTime
	AwayTime        = awayTime
	WakeEvery       = wakeEvery
	WakeRounds      = wakeRounds
	MaxWaking       = maxWaking
	MaxWakes        = maxWakes
)
