package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lni/dragonboat/v4"
	"github.com/lni/dragonboat/v4/config"
	"github.com/lni/dragonboat/v4/logger"
	sm "github.com/lni/dragonboat/v4/statemachine"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// inFlight are the rows that every benchmark of this file has: a lone writer, an ordinary load, and a flood.
var inFlight = []int{1, 64, 1024}

// counter is a state machine that does nothing but count.
type counter struct{ n uint64 }

func (c *counter) Update(sm.Entry) (sm.Result, error) { c.n++; return sm.Result{Value: c.n}, nil }
func (c *counter) Lookup(any) (any, error)            { return c.n, nil }
func (c *counter) SaveSnapshot(io.Writer, sm.ISnapshotFileCollection, <-chan struct{}) error {
	return nil
}

func (c *counter) RecoverFromSnapshot(io.Reader, []sm.SnapshotFile, <-chan struct{}) error {
	return nil
}
func (c *counter) Close() error { return nil }

// startRaft starts one Raft group of one replica with the settings of eventlog, and nothing else.
func startRaft(b *testing.B) *dragonboat.NodeHost {
	b.Helper()
	for _, part := range []string{"dragonboat", "raft", "rsm", "transport", "logdb", "config", "pebblekv"} {
		logger.GetLogger(part).SetLevel(logger.ERROR)
	}
	logDB := config.GetSmallMemLogDBConfig()
	logDB.Shards = 1
	engine := config.GetDefaultEngineConfig()
	engine.ExecShards = 4
	addr := freeAddress(b)
	nh, err := dragonboat.NewNodeHost(config.NodeHostConfig{
		DeploymentID: 1, NodeHostDir: b.TempDir(), RTTMillisecond: 20, RaftAddress: addr,
		Expert: config.ExpertConfig{LogDB: logDB, Engine: engine},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(nh.Close)
	err = nh.StartReplica(map[uint64]dragonboat.Target{1: addr}, false,
		func(uint64, uint64) sm.IStateMachine { return &counter{} },
		config.Config{
			ReplicaID: 1, ShardID: 1, ElectionRTT: 10, HeartbeatRTT: 1, CheckQuorum: true, PreVote: true,
			OrderedConfigChange: true, MaxInMemLogSize: 64 << 20,
		})
	if err != nil {
		b.Fatal(err)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ; ; <-tick.C {
		if _, _, ok, err := nh.GetLeaderID(1); err == nil && ok {
			return nh
		}
	}
}

// How many proposals of 128 bytes a second does one Raft group take, each on disk before its answer, when nothing is
// done with them? This is the yardstick for the others.
func BenchmarkRaft(b *testing.B) {
	for _, n := range inFlight {
		b.Run(fmt.Sprintf("%d in flight", n), func(b *testing.B) {
			nh := startRaft(b)
			session := nh.GetNoOPSession(1)
			cmd := make([]byte, bodyBytes)
			slots := make(chan struct{}, n)
			pending := make(chan *dragonboat.RequestState, n)
			done := make(chan error, 1)
			go func() { done <- awaitAll(pending, slots) }()
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				slots <- struct{}{}
				rs, err := nh.Propose(session, cmd, callTimeout)
				if err != nil {
					b.Fatal(err)
				}
				pending <- rs
			}
			close(pending)
			if err := <-done; err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "cmds/s")
		})
	}
}

// The same by so many proposers, each of which waits for its answer before it proposes again: what a server with one
// goroutine a command would have.
func BenchmarkRaftBlocking(b *testing.B) {
	for _, n := range inFlight {
		b.Run(fmt.Sprintf("%d proposers", n), func(b *testing.B) {
			nh := startRaft(b)
			session := nh.GetNoOPSession(1)
			cmd := make([]byte, bodyBytes)
			var left atomic.Int64
			left.Store(int64(b.N))
			var proposers sync.WaitGroup
			b.ReportAllocs()
			b.ResetTimer()
			for range n {
				proposers.Go(func() {
					for left.Add(-1) >= 0 {
						ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
						if _, err := nh.SyncPropose(ctx, session, cmd); err != nil {
							b.Error(err)
						}
						cancel()
					}
				})
			}
			proposers.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "cmds/s")
		})
	}
}

func awaitAll(pending <-chan *dragonboat.RequestState, slots <-chan struct{}) error {
	var failed error
	for rs := range pending {
		if r := <-rs.ResultC(); !r.Completed() {
			failed = fmt.Errorf("a proposal was not applied (timeout %v, dropped %v)", r.Timeout(), r.Dropped())
		}
		rs.Release()
		<-slots
	}
	return failed
}

func startLog(b *testing.B) *eventlog.Log {
	b.Helper()
	l, err := eventlog.Open(eventlog.Options{
		Dir: b.TempDir(), Node: "bench", RaftAddr: freeAddress(b), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := l.Close(); err != nil {
			b.Error(err)
		}
	})
	if err := l.Ready(b.Context()); err != nil {
		b.Fatal(err)
	}
	return l
}

// How many messages of 128 bytes a second does the log take at one address, each with an id, on disk and applied before
// its answer? Compare with BenchmarkRaft.
func BenchmarkLog(b *testing.B) {
	for _, n := range inFlight {
		b.Run(fmt.Sprintf("one address, %d in flight", n), func(b *testing.B) { benchmarkLog(b, 1, n) })
	}
	b.Run("10000 addresses, 1024 in flight", func(b *testing.B) { benchmarkLog(b, 10_000, 1024) })
}

func benchmarkLog(b *testing.B, addresses, n int) {
	l := startLog(b)
	slots := make(chan struct{}, n)
	var failed atomic.Pointer[im.Outcome]
	done := func(o im.Outcome) {
		if o != im.Stored {
			failed.Store(&o)
		}
		<-slots
	}
	all := make([]im.Address, addresses)
	for i := range all {
		all[i] = im.User("bench", im.UserID(fmt.Sprintf("u%d", i)))
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		slots <- struct{}{}
		seq := uint64(i / addresses)
		a := im.Append{
			Addr: all[i%addresses], Expected: seq, Done: done,
			Entries: []im.Entry{{N: seq + 1, TS: 1_700_000_000_000 + im.Millis(seq), ID: strconv.Itoa(i), Body: body}},
		}
		if err := l.Append(a); err != nil {
			b.Fatal(err)
		}
	}
	for range n {
		slots <- struct{}{}
	}
	b.StopTimer()
	if o := failed.Load(); o != nil {
		b.Fatalf("an append was answered %v", *o)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "cmds/s")
}
