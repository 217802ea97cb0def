package eventlog

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lni/dragonboat/v4"

	"github.com/parley-im/parley/eventlog/disk"
	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// Both are returned by value: they carry nothing of the call.
var (
	// errOverloaded is returned when a queue is full.
	errOverloaded = im.E("eventlog", im.Overloaded, "")
	// errClosed is returned once Close was called.
	errClosed = im.E("eventlog", im.Unavailable, "the log is closed")
)

// Log is this node's part of the replicated log.
type Log struct {
	o       Options
	dir     *dataDir
	store   *store.Store
	nh      *dragonboat.NodeHost
	clock   *guard // by which reads hide
	leaders *leaders
	disk    *disk.Disk
	shards  []*shard // by im.ShardID
	// grown is by how many bytes of commands Raft's log has grown since it was cut, by im.ShardID.
	grown []atomic.Int64

	// work hands reads to the workers. Unbuffered: the readers, whose queues are bounded, wait. Closed by Close.
	work     chan func()
	searches *searches
	closing  chan struct{} // closed when Close begins

	committers, readers, workers, searching, background, failures sync.WaitGroup

	// mu is held for reading by every call that touches the store or the queues, so that Close can wait for them.
	mu     sync.RWMutex
	closed bool
}

// Open checks the data directory and starts this node's part of the log. It refuses, as an *im.Error of one line and
// with nothing changed, a directory that is not writable, foreign, in use, made with other settings or on another host,
// or incomplete, and a Raft address that is taken. Shards may still be without a leader when it returns: see Ready.
func Open(o Options) (*Log, error) {
	o.EnsureDefaults()
	if err := o.Validate(); err != nil {
		return nil, &im.Error{Op: opOpen, Kind: im.Invalid, Err: err}
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, &im.Error{Op: opOpen, Kind: im.Internal, Text: "the host has no name", Err: err}
	}
	routeRaftLogs(o.Logger)
	dir, err := openDir(&o, host)
	if err != nil {
		return nil, err
	}
	l := &Log{
		o: o, dir: dir, clock: newGuard(o.Clock, sinceNow()), leaders: newLeaders(o.OnLeader),
		work: make(chan func()), searches: newSearches(o.QueueReads), closing: make(chan struct{}), grown: make([]atomic.Int64, o.Shards+1),
	}
	if err := l.start(); err != nil {
		l.abort()
		return nil, err
	}
	return l, nil
}

func (l *Log) start() (err error) {
	if err := l.dir.checkRaftDir(&l.o); err != nil {
		return err
	}
	if l.o.RaftAddr, err = takeRaftAddr(l.o.RaftAddr); err != nil {
		return err
	}
	nodes, err := loadNodes(l.dir.path, nodeInfo{Name: l.o.Node, ID: l.dir.m.NodeHostID, Raft: l.o.RaftAddr})
	if err != nil {
		return refuse(im.Conflict, "the node table %s in %s cannot be used: %v", nodesName, l.dir.path, plain(err))
	}
	if err := l.useDisk(); err != nil {
		return err
	}
	if l.store, err = l.openStore(); err != nil {
		return refuse(im.Internal, "the store in %s cannot be opened: %v", l.dir.store(), err)
	}
	if l.nh, err = startNodeHost(l.nodeHostConfig(nodes)); err != nil {
		return refuse(im.Internal, "the Raft log in %s cannot be opened: %v", l.dir.raft(), err)
	}
	for id := im.ShardID(0); id <= im.ShardID(l.o.Shards); id++ {
		if err := l.startShard(id); err != nil {
			return err
		}
		l.shards = append(l.shards, newShard(l, id))
	}
	if err := l.dir.ready(); err != nil {
		return refuse(im.NotPermitted, "data directory %s is not writable: %v", l.dir.path, plain(err))
	}
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
	if err := l.dir.close(); err != nil {
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
	return max(0, l.clock.now()-im.Millis(l.o.Retention.Milliseconds()))
}

// Replica returns this node's number among the replicas, as OnLeader and Leader name it.
func (l *Log) Replica() uint64 { return l.dir.m.Replica }

// RaftAddr returns the address that this node listens on for Raft.
func (l *Log) RaftAddr() string { return l.o.RaftAddr }

// Cluster returns the cluster's id, a UUID that its first start drew.
func (l *Log) Cluster() string { return l.dir.m.Cluster }

// Leader returns who leads a shard as far as this node knows, and in which Raft term; ok is false when nobody does.
func (l *Log) Leader(id im.ShardID) (replica, term uint64, ok bool) {
	if int(id) >= len(l.shards) {
		return 0, 0, false
	}
	return l.shards[id].leader()
}
