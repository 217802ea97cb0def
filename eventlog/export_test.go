package eventlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// Hurry makes elections of o take about 100 ms instead of 300.
func (o *Options) Hurry() { o.rttMillis = 10 }

// Tick makes Raft's clock tick of o so many milliseconds long.
func (o *Options) Tick(millis uint64) { o.rttMillis = millis }

// OnStartShard makes f be told before each shard starts.
func (o *Options) OnStartShard(f func()) { o.onStartShard = f }

// OnReceive makes f be told when this node has emptied a shard and begins to read what another member sent in its place.
func (o *Options) OnReceive(f func()) {
	o.onReceive = func(r io.Reader) io.Reader { return tellingReader{r, sync.OnceFunc(f)} }
}

type tellingReader struct {
	io.Reader
	tell func()
}

func (r tellingReader) Read(p []byte) (int, error) {
	r.tell()
	return r.Reader.Read(p)
}

// Digest returns a hash of all that this node has of a shard.
func (l *Log) Digest(id im.ShardID) (string, error) {
	d, err := l.DigestOf(context.Background(), id)
	return fmt.Sprintf("%d %x", d.Applied, d.Sum), err
}

// HoldDigests takes the place of the digest that is being made, until leave is called.
func (l *Log) HoldDigests() (leave func()) {
	l.digesting <- struct{}{}
	return func() { <-l.digesting }
}

// Replacing does as if a shard were being replaced by what another member sends, until end is called.
func (l *Log) Replacing(id im.ShardID) (end func()) {
	l.ours[id].replacing.Lock()
	return l.ours[id].replacing.Unlock
}

// StopReplica ends this node's replica of a shard, and with it the majority of a cluster of one.
func (l *Log) StopReplica(id im.ShardID) error {
	return l.nh.StopReplica(raftID(id), l.ours[id].raft.Load())
}

// SearchLimits returns how many searches are at work at once, and takes the place of one until leave is called.
func (l *Log) SearchLimits() (atOnce int, leave func()) {
	l.searches.slots <- struct{}{}
	return cap(l.searches.slots), l.searches.leave
}

// On returns o as of the node that all tests use, listening on addr.
func (o Options) On(addr string) Options {
	o.Node, o.RaftAddr = "node1", addr
	return o
}

// Life returns which of this node's lives in a shard's group its replica is.
func (l *Log) Life(id im.ShardID) uint64 { return lifeOf(l.ours[id].raft.Load()) }

// StoredKeys returns how much this node's store has of a shard.
func (l *Log) StoredKeys(id im.ShardID) (n uint64) {
	v := l.store.View(id)
	d, err := v.Digest(func() error { return nil })
	if err := errors.Join(err, v.Close()); err != nil {
		panic(err)
	}
	for _, t := range d.Tables {
		n += t.Keys
	}
	return n
}

// CannotNote makes this node unable to note which replicas it has, until mend is called.
func (l *Log) CannotNote() (mend func()) {
	l.holdings.mu.Lock()
	defer l.holdings.mu.Unlock()
	dir := l.holdings.dir
	l.holdings.dir += "/gone"
	return func() {
		l.holdings.mu.Lock()
		defer l.holdings.mu.Unlock()
		l.holdings.dir = dir
	}
}

// ShardOf returns the shard of an address.
func (l *Log) ShardOf(a im.Address) im.ShardID { return l.store.ShardOf(a) }

// ByHand makes everything that is done by age wait for Tick, and go by a clock of the test.
func (o *Options) ByHand(elapsed func() time.Duration) { o.byHand, o.elapsed = true, elapsed }

// Tick does what is due by age.
func (l *Log) Tick() { l.keeper.tick(context.Background()) }

// Marks returns those of a class of a shard.
func (l *Log) Marks(id im.ShardID, c store.Class) store.Marks {
	m, err := l.store.Marks(id, c)
	if err != nil {
		panic(err)
	}
	return m
}

// WithCheck returns a file of ours that holds these fields.
func WithCheck(fields map[string]any) ([]byte, error) { return withCheck(fields) }

// FirstInRaft and LastInRaft return the indexes of the first and the last command that Raft's log of a shard has.
func (l *Log) FirstInRaft(id im.ShardID) uint64 {
	first, _ := l.rangeInRaft(id)
	return first
}

func (l *Log) LastInRaft(id im.ShardID) uint64 {
	_, last := l.rangeInRaft(id)
	return last
}

func (l *Log) rangeInRaft(id im.ShardID) (first, last uint64) {
	r, err := l.nh.GetLogReader(raftID(id))
	if err != nil {
		return 0, 0
	}
	return r.GetRange()
}
