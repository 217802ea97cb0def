package eventlog

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	sm "github.com/lni/dragonboat/v4/statemachine"

	"github.com/parley-im/parley/eventlog/store"
)

// machine shows a store.Shard to dragonboat.
type machine struct {
	sh *store.Shard
	// checked is closed when the shard was found to fit its Raft log. Until then the machine does not open: replaying
	// a log that does not fit would lose entries without a word.
	checked   <-chan struct{}
	onReceive func(io.Reader) io.Reader
	// catchUp is for how long the log is kept for a member that the shard was sent to.
	catchUp time.Duration
	*replica
}

// replica is what the state machine of a shard and the log both look at.
type replica struct {
	// raft is the id of the Raft replica that is here, 0 for none.
	raft atomic.Uint64
	// grown is by how much Raft's log has grown since it was cut.
	grown growth
	// sending is what the log is kept for.
	sending sending
	// found is the last command that a start has found in Raft's log.
	found atomic.Uint64
	// replacing is held while the shard is replaced by what another member sent, being empty meanwhile, and for reading by
	// whoever reads it. Reads do not wait for it, they fail.
	replacing sync.RWMutex
	// replaced counts how often that was done.
	replaced atomic.Uint64
}

// enter lets a read in, which must unlock replacing.
func (r *replica) enter() error {
	switch {
	case !r.replacing.TryRLock():
		return errReplaced
	case r.raft.Load() == 0:
		r.replacing.RUnlock()
		return errAbsent
	}
	return nil
}

var _ sm.IOnDiskStateMachine = (*machine)(nil)

// Open implements sm.IOnDiskStateMachine.
func (m *machine) Open(stop <-chan struct{}) (uint64, error) {
	select {
	case <-m.checked:
		return m.sh.Load()
	case <-stop:
		return 0, sm.ErrOpenStopped
	}
}

// Update implements sm.IOnDiskStateMachine. The result's Data holds one byte per item of the command.
func (m *machine) Update(entries []sm.Entry) ([]sm.Entry, error) {
	cmds := make([]store.Committed, len(entries))
	for i := range entries {
		cmds[i] = store.Committed{Index: entries[i].Index, Command: entries[i].Cmd}
		m.grown.add(len(entries[i].Cmd))
	}
	results, err := m.sh.Update(cmds)
	if err != nil {
		return nil, err
	}
	for i := range entries {
		entries[i].Result = sm.Result{Value: uint64(len(results[i])), Data: results[i]}
	}
	return entries, nil
}

// Lookup implements sm.IOnDiskStateMachine. Reads go to the store itself.
func (m *machine) Lookup(any) (any, error) { return nil, errors.ErrUnsupported }

// Sync implements sm.IOnDiskStateMachine.
func (m *machine) Sync() error { return m.sh.Sync() }

// PrepareSnapshot implements sm.IOnDiskStateMachine. It comes before the shard is sent to a member, and not before a cut.
func (m *machine) PrepareSnapshot() (any, error) {
	m.sending.begin(m.grown.bytes.Load(), time.Now())
	return m.sh.View(), nil
}

// SaveSnapshot implements sm.IOnDiskStateMachine.
func (m *machine) SaveSnapshot(view any, w io.Writer, stop <-chan struct{}) error {
	defer func() { m.sending.end(time.Now().Add(m.catchUp)) }()
	v := view.(*store.View)
	err := v.Save(m.sending.to(w), stop)
	if errors.Is(err, store.ErrStopped) {
		err = sm.ErrSnapshotStopped
	}
	if closeErr := v.Close(); err == nil {
		err = closeErr
	}
	return err
}

// RecoverFromSnapshot implements sm.IOnDiskStateMachine.
func (m *machine) RecoverFromSnapshot(r io.Reader, stop <-chan struct{}) error {
	m.replacing.Lock()
	defer m.replacing.Unlock()
	if m.onReceive != nil {
		r = m.onReceive(r)
	}
	err := m.sh.Recover(r, stop)
	if errors.Is(err, store.ErrStopped) {
		return sm.ErrSnapshotStopped
	}
	if err == nil {
		m.replaced.Add(1)
	}
	return err
}

// Close implements sm.IOnDiskStateMachine. The store outlives its shards.
func (m *machine) Close() error { return nil }
