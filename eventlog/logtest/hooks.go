package logtest

import (
	"context"

	"github.com/parley-im/parley/im"
)

// Hold keeps everything queued from now on from being committed, until Release or Step.
func (m *Memory) Hold() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mu.held, m.mu.steps = true, 0
}

// Release ends Hold: what waits is committed in order.
func (m *Memory) Release() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mu.held, m.mu.steps = false, 0
	m.committable.Signal()
}

// Step lets the next n queued appends, snapshots or told cursors through while the log is held.
func (m *Memory) Step(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mu.steps += n
	m.committable.Signal()
}

// Queued returns how many appends, snapshots and told cursors wait to be committed.
func (m *Memory) Queued() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.mu.queue)
}

// FailNext gives the next append or snapshot that is committed this outcome instead of its own; stored says whether it
// is stored nevertheless, as an Unknown one may be. Calls add up, in order.
func (m *Memory) FailNext(o im.Outcome, stored bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mu.failed = append(m.mu.failed, failure{o, stored})
}

// DropSnapshots deletes every snapshot. Loads then have the whole log.
func (m *Memory) DropSnapshots() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.mu.data {
		r.state = nil
	}
}

// SetLeader makes a replica the leader of a shard and tells OnLeader. This log is replica 1: what is queued while
// another one leads is answered *moved*. Replica 0 means nobody.
func (m *Memory) SetLeader(shard im.ShardID, replica, term uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mu.leader[shard] = leadership{replica, term}
	if f := m.o.OnLeader; f != nil && !m.mu.closed {
		m.mu.reads = append(m.mu.reads, func() { f(shard, replica, term) })
		m.readable.Signal()
	}
}

// Leader is like eventlog.Log's.
func (m *Memory) Leader(shard im.ShardID) (replica, term uint64, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.mu.leader[shard]
	return l.replica, l.term, l.replica != 0
}

// Replica is like eventlog.Log's; it is always 1.
func (m *Memory) Replica() uint64 { return 1 }

// Ready is like eventlog.Log's, but does not wait.
func (m *Memory) Ready(context.Context) error {
	if m.isClosed() {
		return errClosed
	}
	return nil
}

// Reopen closes m and returns a log with the same options and content, as after a restart: what was queued is gone.
func (m *Memory) Reopen() *Memory {
	m.Close() //nolint:errcheck // it never fails
	again := newMemory(m.o, m.mu.data)
	again.Expire(m.mu.marks.watermark)
	again.Seal(m.mu.marks.sealed)
	return again
}

// Head returns the head of an address's log as stored at this moment.
func (m *Memory) Head(addr im.Address) (h im.Head) {
	m.look(addr, func(r *record) { h = r.head })
	return h
}
