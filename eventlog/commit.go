package eventlog

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/lni/dragonboat/v4"
	"github.com/lni/dragonboat/v4/client"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

const (
	// inFlight proposals of a shard are on their way at most. Two keep the disk busy while results are handed out.
	inFlight = 2
	// batchItems and batchBytes bound one proposal.
	batchItems = 256
	batchBytes = 256 << 10
	// busyPause is how long the committer waits before it tries a proposal again that dragonboat had no room for.
	busyPause = 5 * time.Millisecond
)

// shard is this node's part in one Raft group: its committer and its reader.
type shard struct {
	l       *Log
	id      im.ShardID
	session *client.Session

	queue *queue
	slots chan struct{} // capacity inFlight: taken before the queue is drained
	// proposals carries batches from the committer to the completer, in order. Capacity inFlight; closed by the
	// committer.
	proposals chan *batch
	reads     *readQueue
	told      toldMap
	buf       []byte // the committer's scratch space; dragonboat copies commands

	stored, refused, moved, unknown atomic.Uint64 // appends and snapshots, by outcome
	batches                         atomic.Uint64
	flying                          atomic.Int64 // proposals without an answer yet
}

func newShard(l *Log, id im.ShardID) *shard {
	return &shard{
		l: l, id: id, session: l.nh.GetNoOPSession(raftID(id)),
		queue: newQueue(l.o.QueueBytes, l.o.QueueItems), slots: make(chan struct{}, inFlight),
		proposals: make(chan *batch, inFlight), reads: newReadQueue(l.o.QueueReads, l.barrierTimeout),
		told: toldMap{through: make(map[im.Address]uint64)},
	}
}

// batch is one proposal on its way.
type batch struct {
	jobs []job
	// rs is nil when nothing was proposed; every job then has its outcome.
	rs    *dragonboat.RequestState
	begun time.Time
	items int
	bytes int
}

// runCommitter proposes what is queued until the queue is closed, and answers the rest *moved*.
func (s *shard) runCommitter() {
	defer close(s.proposals)
	for {
		s.slots <- struct{}{}
		b := &batch{}
		var closed bool
		b.jobs, closed = s.queue.take()
		if closed {
			b.preset(im.Moved)
		} else {
			s.propose(b)
		}
		s.proposals <- b
		if closed {
			return
		}
	}
}

// preset gives every job that has no outcome yet this one.
func (b *batch) preset(o im.Outcome) {
	for i := range b.jobs {
		if b.jobs[i].outcome == 0 {
			b.jobs[i].outcome = o
		}
	}
}

// propose sends what is valid in b, if this node leads the shard. A follower would forward it, and lose it without a
// word when whom it takes for the leader is none.
func (s *shard) propose(b *batch) {
	b.begun = time.Now()
	if !s.mayPropose() {
		b.preset(im.Moved)
		return
	}
	s.buf = store.Begin(s.buf[:0])
	for i := range b.jobs {
		j := &b.jobs[i]
		if j.void() {
			j.outcome = im.Refused
			continue
		}
		s.buf = j.encode(s.buf)
		b.items += j.items()
	}
	b.bytes = len(s.buf)
	if b.items == 0 {
		return
	}
	var err error
	if b.rs, err = s.tryPropose(); err != nil {
		s.l.o.Logger.Warn("proposal not taken", "shard", uint32(s.id), "err", err)
		b.preset(im.Moved)
	} else {
		s.flying.Add(1)
	}
	if cap(s.buf) > 4*batchBytes { // a rare giant must not stay
		s.buf = nil
	}
}

// tryPropose hands s.buf to dragonboat, waiting while it has no room for it.
func (s *shard) tryPropose() (*dragonboat.RequestState, error) {
	timeout, _ := s.l.o.timeouts(s.l.alone())
	for deadline := time.Now().Add(timeout); ; {
		rs, err := s.l.nh.Propose(s.session, s.buf, timeout)
		busy := errors.Is(err, dragonboat.ErrSystemBusy) || errors.Is(err, dragonboat.ErrShardNotReady)
		if !busy || time.Now().After(deadline) || !s.l.pause(busyPause) {
			return rs, err
		}
	}
}

// mayPropose reports whether this node leads the shard, or it is the cluster's own and somebody does: every node writes
// there, what is lost on the way is unknown in the end, and the expected seq decides between writers.
func (s *shard) mayPropose() bool {
	leader, _, ok := s.leader()
	return ok && (s.id == im.ClusterShard || leader == s.l.Replica())
}

// leads reports whether this node leads the shard, as far as it knows.
func (s *shard) leads() bool {
	leader, _, ok := s.localLeader()
	return ok && leader == s.l.Replica()
}

// leader returns the number of who leads the shard, and in which term, by what is known here or was heard from others.
func (s *shard) leader() (number, term uint64, ok bool) {
	number, term, ok = s.localLeader()
	if v := s.l.views.leader(s.id, time.Now()); v.term > term || v.term == term && v.term > 0 && !ok {
		return v.number, v.term, true
	}
	return number, term, ok
}

// localLeader is leader as the replica here knows it, if there is one.
func (s *shard) localLeader() (number, term uint64, ok bool) {
	raft, term, ok, err := s.l.nh.GetLeaderID(raftID(s.id))
	return numberOf(raft), term, ok && err == nil
}

// runCompleter awaits the proposals in order and answers their jobs. It ends when the committer has.
func (s *shard) runCompleter() {
	for b := range s.proposals {
		s.await(b)
		<-s.slots
		for i := range b.jobs {
			s.answer(&b.jobs[i])
		}
	}
}

// await sets the outcome of every job of b. Its length is bounded by the proposal's own deadline, but for a disk that stands
// still: Raft's clock does too, and the outcome comes when it goes on.
func (s *shard) await(b *batch) {
	if b.rs == nil {
		return
	}
	r := <-b.rs.ResultC()
	s.flying.Add(-1)
	switch {
	case r.Completed():
		b.results(r.GetResult().Data)
	case r.Dropped():
		b.preset(im.Moved)
	}
	b.preset(im.Unknown)
	b.rs.Release()
	s.batches.Add(1)
	if f := s.l.o.Observe.Batch; f != nil {
		f(s.id, b.items, b.bytes, time.Since(b.begun), r.Completed())
	}
}

// results spreads the state machine's answer over the jobs.
func (b *batch) results(data []byte) {
	for i := range b.jobs {
		j := &b.jobs[i]
		if j.outcome != 0 {
			continue
		}
		n := j.items()
		if len(data) < n {
			return
		}
		j.outcome = j.take(data[:n])
		data = data[n:]
	}
}

// take returns the outcome that the answers to the items of j mean.
func (j *job) take(results []byte) im.Outcome {
	switch {
	case j.upkeep != nil:
		return j.upkeep.take(results)
	case results[0] == store.ItemStored:
		return im.Stored
	}
	return im.Refused
}

func (s *shard) answer(j *job) {
	if j.done == nil {
		return
	}
	if j.upkeep != nil || j.goesOn() {
		j.done(j.outcome) // it is nobody's append, and no snapshot yet
		return
	}
	switch j.outcome {
	case im.Stored:
		s.stored.Add(1)
	case im.Refused:
		s.refused.Add(1)
	case im.Moved:
		s.moved.Add(1)
	default:
		s.unknown.Add(1)
	}
	if f := s.l.o.Observe.Outcome; f != nil {
		f(j.outcome)
	}
	j.done(j.outcome)
}
