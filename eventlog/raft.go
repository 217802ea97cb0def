package eventlog

import (
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/lni/dragonboat/v4"
	"github.com/lni/dragonboat/v4/config"
	"github.com/lni/dragonboat/v4/raftio"
	"github.com/lni/dragonboat/v4/raftpb"
	sm "github.com/lni/dragonboat/v4/statemachine"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

const (
	// rttMillis is Raft's clock tick. A follower that hears nothing waits electionRTT ticks, or up to twice that many, before it
	// wants to lead; a leader says that it is there every heartbeatRTT. What an idle node does is mostly ticks and heartbeats,
	// hence long ticks and few of them (ADR 19).
	//
	// NB: not short ticks and more of them between two heartbeats: each group counts its own, so the heartbeats of a node's
	// groups, which one packet carries when all are due at the same tick, go out at different ones.
	rttMillis    = 50
	electionRTT  = 5
	heartbeatRTT = 1
	// execShards and logDBShards can never change for a directory. One LogDB shard, because several Raft groups that
	// sync one file together beat several files by an order of magnitude.
	execShards  = 4
	logDBShards = 1
	// maxInMemLogBytes bounds what one group keeps in memory of its log.
	maxInMemLogBytes = 64 << 20
	// maxSendBytes bounds what waits to be sent to one other member, and maxReceiveBytes what one group has received and not
	// looked at, both but for one message more. What is dropped Raft sends again.
	maxSendBytes    = 64 << 20
	maxReceiveBytes = 64 << 20
)

// raftID is a shard's group number: groups count from 1.
func raftID(s im.ShardID) uint64 { return uint64(s) + 1 }

func shardOfRaft(id uint64) im.ShardID { return im.ShardID(id - 1) }

func (l *Log) nodeHostConfig(nodes *nodeTable) config.NodeHostConfig {
	logDB := config.GetSmallMemLogDBConfig()
	logDB.Shards = logDBShards
	engine := config.GetDefaultEngineConfig()
	engine.ExecShards = execShards
	c := config.NodeHostConfig{
		DeploymentID:      l.dir.m.deployment(),
		NodeHostID:        l.dir.m.NodeHostID,
		NodeHostDir:       l.dir.raft(),
		RTTMillisecond:    l.o.rttMillis,
		RaftAddress:       l.o.RaftAddr,
		RaftEventListener: l.leaders,

		MutualTLS: l.o.Certs != Certs{},
		CertFile:  l.o.Certs.Cert,
		KeyFile:   l.o.Certs.Key,
		CAFile:    l.o.Certs.CA,

		MaxSendQueueSize:    maxSendBytes,
		MaxReceiveQueueSize: maxReceiveBytes,
		Expert: config.ExpertConfig{
			LogDB: logDB, Engine: engine, FS: l.o.RaftFS, NodeRegistryFactory: nodes, TransportFactory: wireFactory{},
			LogDBFactory: &l.logDB,
		},
	}
	return c
}

func (l *Log) shardConfig(s im.ShardID, replica uint64, joins bool) config.Config {
	return config.Config{
		ReplicaID: replica,
		// Who joins begins as one that does not vote. It is promoted by what is in Raft's log, also when it starts again.
		IsNonVoting:         joins,
		ShardID:             raftID(s),
		ElectionRTT:         electionRTT,
		HeartbeatRTT:        heartbeatRTT,
		CheckQuorum:         true,
		PreVote:             true,
		OrderedConfigChange: true,
		SnapshotEntries:     0, // we say when a log is cut, see runCut
		MaxInMemLogSize:     maxInMemLogBytes,
	}
}

// startNodeHost opens Raft's log. dragonboat panics for much of what it finds; here that is an error.
func startNodeHost(c config.NodeHostConfig) (nh *dragonboat.NodeHost, err error) {
	defer func() {
		if r := recover(); r != nil {
			nh, err = nil, fmt.Errorf("%v", r)
		}
	}()
	nh, err = dragonboat.NewNodeHost(c)
	if nh == nil && err == nil { // it recovered from a panic of its own
		err = errors.New("raft: it stopped without a reason")
	}
	return nh, err
}

func stopNodeHost(nh *dragonboat.NodeHost) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("eventlog.close: raft: %v", r)
		}
	}()
	nh.Close()
	return nil
}

// startShard starts a replica of a shard, and lets it go on only when store and Raft log fit together. The first life of a first
// member begins the shard's group with the others, any other one joins it.
func (l *Log) startShard(s im.ShardID, raft uint64) error {
	checked := make(chan struct{})
	create := func(_, _ uint64) sm.IOnDiskStateMachine {
		return &machine{
			sh: l.store.Shard(s), checked: checked, replica: &l.ours[s], onReceive: l.o.onReceive, catchUp: l.ticks(catchUpRTT),
		}
	}
	members := make(map[uint64]dragonboat.Target)
	first := l.dir.m.firstReplicas(s)
	joins := lifeOf(raft) > 0 || !slices.Contains(first, l.Replica())
	for _, m := range l.dir.m.Members {
		if !joins && slices.Contains(first, m.Replica) {
			members[m.Replica] = m.NodeHostID
		}
	}
	if err := l.nh.StartOnDiskReplica(members, joins, create, l.shardConfig(s, raft, joins)); err != nil {
		return im.E(opOpen, im.Internal, fmt.Sprintf("shard %d does not start: %v", s, err))
	}
	if err := l.checkFit(s); err != nil {
		return err
	}
	l.ours[s].raft.Store(raft)
	close(checked)
	return nil
}

// checkFit refuses a store that is ahead of the Raft log (entries proposed from here on would be skipped as applied),
// or behind the part of it that was cut off.
func (l *Log) checkFit(s im.ShardID) error {
	applied, err := l.store.Applied(s)
	if err != nil {
		return err
	}
	r, err := l.nh.GetLogReader(raftID(s))
	if err != nil {
		return err
	}
	_, last := r.GetRange()
	ss := r.Snapshot()
	if ss.Index > 0 {
		last = max(last, ss.Index)
		defer ss.Unref() //nolint:errcheck // the log reader holds another reference, so this removes nothing
	}
	switch {
	case applied > last:
		return refuse(im.Conflict,
			"shard %d of %s is at %d, beyond the Raft log, which ends at %d; restore the whole data directory", s, l.dir.path, applied, last)
	case applied < ss.OnDiskIndex && !l.received(ss):
		return refuse(im.Conflict,
			"shard %d of %s is at %d, but the Raft log was cut at %d; restore the whole data directory", s, l.dir.path, applied, ss.OnDiskIndex)
	}
	l.found(s, last-ss.Index, last)
	return nil
}

// received reports whether ss holds the whole shard, as another member sent it: the start then goes on with replacing the
// store's part by it, as the life before did when it was cut off. Once that is done Raft empties the file.
func (l *Log) received(ss raftpb.Snapshot) bool {
	if ss.Dummy || ss.Witness {
		return false
	}
	emptied, err := isShrunkSnapshotFile(ss.Filepath, l.o.RaftFS)
	return err == nil && !emptied
}

// takeRaftAddr makes sure that the address can be listened on, and draws the port where it is 0: dragonboat would
// panic in a goroutine of its own.
func takeRaftAddr(addr string) (string, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		var oe *net.OpError
		if errors.As(err, &oe) {
			err = oe.Err
		}
		return "", refuse(im.Conflict, "Raft address %s cannot be listened on: %v", addr, err)
	}
	if _, port, _ := net.SplitHostPort(addr); port == "0" {
		addr = ln.Addr().String()
	}
	return addr, ln.Close()
}

var _ raftio.IRaftEventListener = (*leaders)(nil)

// openStore opens the node's store with the formats that the manifest pins.
func (l *Log) openStore() (*store.Store, error) {
	return store.Open(l.dir.store(), store.Options{
		Shards: l.dir.m.Shards, Bucket: l.dir.m.BucketMillis, StrangersBucket: l.dir.m.StrangersBucketMillis,
		FS: l.o.StoreFS, Logger: l.o.Logger, OnDamage: l.onDamage(),
	})
}
