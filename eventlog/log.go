package eventlog

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lni/dragonboat/v4"

	"github.com/parley-im/parley/eventlog/disk"
	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// They are returned by value: they carry nothing of the call.
var (
	// errOverloaded is returned when a queue is full.
	errOverloaded = im.E("eventlog", im.Overloaded, "")
	// errClosed is returned once Close was called.
	errClosed = im.E("eventlog", im.Unavailable, "the log is closed")
	// errReplaced is returned for a read of a shard that was overtaken while it waited.
	errReplaced = im.E("eventlog", im.Unavailable, "the shard is being brought up to date")
)

// Log is this node's part of the replicated log.
type Log struct {
	o       Options
	dir     *dataDir
	nodes   *nodeTable
	store   *store.Store
	nh      *dragonboat.NodeHost
	clock   *guard  // by which reads hide, and stamps are made
	clocks  *clocks // by which may be dropped
	keeper  *keeper
	logDB   logDBFactory
	leaders *leaders
	disk    *disk.Disk
	// synced notes what is synced of Raft's log, nil when nobody does; wasSynced is what it said when this life began.
	synced    *disk.Synced
	wasSynced disk.SyncedSet
	shards    []*shard  // by im.ShardID
	ours      []replica // by im.ShardID
	groups    groups
	views     views
	// holdings says which replicas the directory has.
	holdings *holdings

	// work hands reads to the workers. Unbuffered: the readers, whose queues are bounded, wait. Closed by Close.
	work      chan reading
	searches  *searches
	digesting chan struct{} // holds the one digest that is being made
	closing   chan struct{} // closed when Close begins
	draining  atomic.Bool   // set by Drain, and taken back by Undrain

	// membersChanged has a token when a Raft group may have to change. Capacity 1, taken by the reconciler.
	membersChanged chan struct{}

	committers, readers, workers, searching, background, failures sync.WaitGroup
	// movers ask Raft for leaders and members. NB: they end before it is closed, it would race with them.
	movers sync.WaitGroup

	// mu is held for reading by every call that touches the store or the queues, so that Close can wait for them.
	mu     sync.RWMutex
	closed bool
}

func newLog(o Options, dir *dataDir) *Log {
	return &Log{
		o: o, dir: dir, clock: newGuard(o.Clock, o.elapsed, o.believe(), maxStep), leaders: newLeaders(o.Shards, o.OnLeader, o.OnView),
		work: make(chan reading), searches: newSearches(o.QueueReads), digesting: make(chan struct{}, 1), closing: make(chan struct{}),
		ours: make([]replica, o.Shards+1), membersChanged: make(chan struct{}, 1),
		groups: groups{of: make([]group, o.Shards+1)}, views: views{of: make([]heard, o.Shards+1)},
	}
}

func (l *Log) start() (err error) {
	if err := l.dir.beginAnew(&l.o); err != nil {
		return err
	}
	if err := l.dir.checkRaftDir(&l.o); err != nil {
		return err
	}
	if l.o.RaftAddr, err = takeRaftAddr(l.o.RaftAddr); err != nil {
		return err
	}
	if l.nodes, err = l.dir.loadNodes(&l.o); err != nil {
		return err
	}
	if l.holdings, err = loadHoldings(l.dir.path, l.dir.m); err != nil {
		return unusableHoldings(l.dir.path, err)
	}
	if err := l.nodes.save(l.dir.path); err != nil {
		return refuse(im.NotPermitted, "data directory %s is not writable: %v", l.dir.path, plain(err))
	}
	if err := l.checkRaftLog(); err != nil {
		return err
	}
	if err := l.useDisk(); err != nil {
		return err
	}
	l.clocks = l.newClocks()
	if l.store, err = l.openStore(); errors.Is(err, store.ErrDamaged) {
		return refuseDamaged(err)
	} else if err != nil {
		return refuse(im.Internal, "the store in %s cannot be opened: %v", l.dir.store(), err)
	}
	if l.nh, err = startNodeHost(l.nodeHostConfig(l.nodes)); err != nil {
		return refuse(im.Internal, "the Raft log in %s cannot be opened: %v", l.dir.raft(), err)
	}
	if err := l.dir.ready(); err != nil { // NB: before the first shard runs and may vote
		return err
	}
	for id := im.ShardID(0); id <= im.ShardID(l.o.Shards); id++ {
		l.shards = append(l.shards, newShard(l, id))
	}
	if err := l.startHeld(); err != nil {
		return err
	}
	l.leaders.alsoTell(l.membersChanged)
	l.keeper = newKeeper(l)
	l.run()
	return nil
}

// run starts the goroutines. Close ends them.
func (l *Log) run() {
	for range max(4, 2*runtime.GOMAXPROCS(0)) {
		l.workers.Go(l.runWorker)
	}
	for _, s := range l.shards {
		l.committers.Go(s.runCommitter)
		l.committers.Go(s.runCompleter)
		l.readers.Go(s.runReader)
	}
	l.background.Go(l.runTold)
	l.background.Go(l.runCut)
	l.background.Go(func() { l.leaders.run(l.closing) })
	l.background.Go(func() { l.disk.Run(l.closing) })
	l.movers.Go(l.runBalancer)
	l.movers.Go(l.runReconciler)
	l.movers.Go(l.runKeeper)
}

// abort takes back what start has done.
func (l *Log) abort() {
	if l.disk != nil && l.disk.Broken() {
		return // what is open waits for the disk
	}
	if l.nh != nil {
		if err := stopNodeHost(l.nh); err != nil {
			l.o.Logger.Error("stop after a failed start", "err", err)
		}
	}
	if l.store != nil {
		if err := l.store.Close(); err != nil {
			l.o.Logger.Error("close after a failed start", "err", err)
		}
	}
	if err := errors.Join(l.synced.Close(), l.dir.close()); err != nil {
		l.o.Logger.Error("unlock after a failed start", "err", err)
	}
}

// pause waits for d. It reports false, at once, when the log is being closed.
func (l *Log) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.closing:
		return false
	}
}

func (l *Log) overloaded() {
	if f := l.o.Observe.Overload; f != nil {
		f()
	}
}

// horizon is the stamp of the oldest message that may be read of a.
func (l *Log) horizon(a im.Address) im.Millis {
	if a.Kind == im.KindCluster {
		return 0
	}
	own := l.horizonOfNode(a)
	if l.o.Window != nil {
		if w := l.o.Window(a.App); w > 0 {
			own = max(own, l.clock.now()-im.Millis(w.Milliseconds()))
		}
	}
	return own
}

// horizonOfNode is horizon without the window of a's app: ids are known for as long.
func (l *Log) horizonOfNode(a im.Address) im.Millis {
	if a.Kind == im.KindCluster {
		return 0
	}
	return max(0, l.clock.now()-im.Millis(l.o.window(store.ClassOf(a)).Milliseconds()))
}

// window returns the window of a class that expires.
func (o *Options) window(c store.Class) time.Duration {
	if c == store.ClassStrangers {
		return o.RetentionStrangers
	}
	return o.Retention
}

// Replica returns this node's number among the replicas, as OnLeader and Leader name it.
func (l *Log) Replica() uint64 { return l.dir.m.Replica }

// RaftAddr returns the address that this node listens on for Raft.
func (l *Log) RaftAddr() string { return l.o.RaftAddr }

// Cluster returns the cluster's id, a UUID that was given to it when it formed.
func (l *Log) Cluster() string { return l.dir.m.Cluster }

// Leader returns who leads a shard as far as this node knows, and in which Raft term; ok is false when nobody does.
func (l *Log) Leader(id im.ShardID) (replica, term uint64, ok bool) {
	if int(id) >= len(l.shards) {
		return 0, 0, false
	}
	return l.shards[id].leader()
}
