package eventlog

import "github.com/parley-im/parley/im"

// Hurry makes elections of o take about 100 ms instead of 300.
func (o *Options) Hurry() { o.rttMillis = 5 }

// StopReplica ends this node's replica of a shard, and with it the majority of a cluster of one.
func (l *Log) StopReplica(id im.ShardID) error { return l.nh.StopReplica(raftID(id), l.Replica()) }

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
