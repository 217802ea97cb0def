package attendance

import (
	"sync"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Attendance is a node's part in who is where.
type Attendance struct {
	opts  Options
	calls *calls
	// shards is indexed by im.ShardID; there is none at 0, whose addresses have no sessions.
	shards []*shard

	mu sync.Mutex
	// links holds the state of each link that was ever up.
	links  map[string]link
	closed bool
	// timers holds what stops the timers that are set, by a number of their own.
	timers map[uint64]func()
	timer  uint64
	// wakeDue is true while a round of waking is to come.
	wakeDue bool

	// waking is taken before the locks of shards.
	waking sync.Mutex
	// wakes counts rounds of waking.
	wakes uint64
}

// link is the state of the link to a node.
type link struct {
	up bool
	// session counts how often it came up.
	session uint64
}

// New returns an Attendance of a node that knows of no leader and no link yet.
func New(opts Options) *Attendance {
	opts.ensureDefaults()
	a := &Attendance{
		opts: opts, calls: newCalls(opts.Links, opts.Clock),
		shards: make([]*shard, opts.Shards+1), links: map[string]link{}, timers: map[uint64]func(){},
	}
	for i := 1; i < len(a.shards); i++ {
		a.shards[i] = newShard(im.ShardID(i))
	}
	return a
}

func (a *Attendance) shardOf(addr im.Address) *shard { return a.shards[addr.Shard(a.opts.Shards)] }

// Changed takes what the hub of this node has of an address, whenever that is something else than before; for one address in
// order. It may be called with locks of the hub held.
func (a *Attendance) Changed(of im.Address, now im.Interest) {
	sh := a.shardOf(of)
	sh.mu.Lock()
	before := sh.seenLocked(of)
	hold(sh.here, of, now)
	nudge := sh.table != nil && worthANudge(of, before, sh.seenLocked(of))
	if sh.table == nil {
		a.announceLocked(sh, of, now)
	}
	sh.mu.Unlock()
	if nudge {
		a.nudge(of)
	}
}

func (a *Attendance) nudge(user im.Address) {
	a.opts.Nudge(&pb.Nudge{To: pb.NewAddress(user), Body: &pb.Nudge_Attend{Attend: &pb.Attend{}}})
}

// LeaderChanged says that node leads shard in term; "" = nobody. For one shard, calls are made one after the other. What is
// older than what is known is ignored. It must be called before the actors of that term begin.
func (a *Attendance) LeaderChanged(shard im.ShardID, node string, term uint64) {
	if shard == im.ClusterShard || int(shard) >= len(a.shards) {
		return
	}
	sh := a.shards[shard]
	sh.mu.Lock()
	if term < sh.term || term == sh.term && node == sh.owner || sh.keepsOwnerLocked(node, term) {
		sh.mu.Unlock()
		return
	}
	deposed := sh.table
	sh.table = nil
	a.leaveOwnerLocked(sh, node, term)
	sh.owner, sh.term = node, term
	if node != "" {
		sh.lastOwner, sh.lastTerm = node, term
	}
	var then []func()
	if node == a.opts.Node {
		then = a.ownLocked(sh)
	} else {
		a.beginLocked(sh)
	}
	sh.mu.Unlock()
	if deposed != nil {
		depose(deposed)
	}
	run(then)
}

// depose sends what waits to the next owner.
func depose(t *table) {
	held, waiting := t.end()
	again := im.E("attendance.depose", im.Retry, "")
	for _, h := range held {
		h.end(again)
	}
	for _, s := range waiting {
		if s.fail != nil {
			s.fail(again)
		}
	}
}

func run(all []func()) {
	for _, f := range all {
		f()
	}
}

// PeerUp says that the link to a node came up, before anything of it is received.
func (a *Attendance) PeerUp(node string) {
	a.mu.Lock()
	a.links[node] = link{up: true, session: a.links[node].session + 1}
	a.mu.Unlock()
	for _, sh := range a.shards[1:] {
		sh.mu.Lock()
		if sh.table != nil {
			sh.table.column(node).down = false
		}
		if sh.owner == node && !sh.announced.begun { // a leader that was heard of a moment ago is being told
			a.beginLocked(sh)
		}
		sh.mu.Unlock()
	}
}

// PeerDown says that the link to a node went down, after the last frame of it was received.
func (a *Attendance) PeerDown(node string) {
	a.mu.Lock()
	was := a.links[node]
	a.links[node] = link{session: was.session}
	a.mu.Unlock()
	for _, sh := range a.shards[1:] {
		run(a.loseNode(sh, node))
	}
	a.calls.down(node) // after that, so that what is said again is not sent there
	a.after(missTime, func() { a.missed(node, was.session) })
}

func (a *Attendance) isUp(node string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.links[node].up
}

// isDown reports whether the link was up and is not. Of a node that was never heard of, nobody knows.
func (a *Attendance) isDown(node string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	l, known := a.links[node]
	return known && !l.up
}

// after runs f when d has passed, unless stop is called or the Attendance closed before.
func (a *Attendance) after(d time.Duration, f func()) (stop func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return func() {}
	}
	a.timer++
	number := a.timer
	a.timers[number] = a.opts.Clock.AfterFunc(d, func() {
		if a.takeTimer(number) != nil {
			f()
		}
	})
	return func() {
		if stop := a.takeTimer(number); stop != nil {
			stop()
		}
	}
}

func (a *Attendance) takeTimer(number uint64) (stop func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	stop = a.timers[number]
	delete(a.timers, number)
	return stop
}

// Close ends all timers. What waits is not answered any more: the node is ending.
func (a *Attendance) Close() {
	a.mu.Lock()
	a.closed = true
	for _, stop := range a.timers {
		stop()
	}
	clear(a.timers)
	a.mu.Unlock()
	a.calls.close()
}
