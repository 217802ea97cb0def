package eventlog

import (
	"context"
	"errors"
	"sync"
	"time"
	_ "unsafe" // for go:linkname

	"github.com/lni/dragonboat/v4/config"
	"github.com/lni/dragonboat/v4/raftio"
	"github.com/lni/dragonboat/v4/raftpb"
)

// wireFactory makes dragonboat's own TCP transport, with connections that come back as soon as the other member does.
//
// NB: a connection of dragonboat's that fails is tried again after half a second, or one, half of it more or less. A member that had
// been away got nothing from those whose time was not up; and two that had not spoken since one of them was restarted noticed so only
// when the third was stopped, and heard each other up to two seconds later.
type wireFactory struct{}

// Create implements config.TransportFactory.
func (wireFactory) Create(c config.NodeHostConfig, m raftio.MessageHandler, chunks raftio.ChunkHandler) raftio.ITransport {
	return &wires{ITransport: newTCPTransport(c, m, chunks), cut: map[string]bool{}}
}

// Validate implements config.TransportFactory.
func (wireFactory) Validate(addr string) bool { return config.IsValidAddress(addr) }

// newTCPTransport is dragonboat's, which it does not export; see newDefaultLogDB.
//
//go:linkname newTCPTransport github.com/lni/dragonboat/v4/internal/transport.NewTCPTransport
func newTCPTransport(config.NodeHostConfig, raftio.MessageHandler, raftio.ChunkHandler) raftio.ITransport

const (
	// redialPause lies between two attempts to reach a member: a fraction of an election.
	redialPause = 50 * time.Millisecond
	// dialTimeout bounds one attempt. With a longer one the next would come late where the way there was cut meanwhile.
	dialTimeout = time.Second
)

// errSnapshotCut ends a connection whose member a snapshot did not get to: dragonboat makes its pauses then, for messages, too, and
// only a connection that is made anew ends them.
var errSnapshotCut = errors.New("eventlog: a snapshot was cut off")

// wires is a transport whose connections for messages can always be made. Safe for concurrent use.
type wires struct {
	raftio.ITransport

	mu sync.Mutex
	// cut are the members that a snapshot was not brought to, and whose connection was not ended yet. At most all that ever were.
	cut map[string]bool
}

// GetConnection implements raftio.ITransport. It succeeds, and dials when there is something to send.
func (w *wires) GetConnection(ctx context.Context, target string) (raftio.IConnection, error) {
	w.setCut(target, false)
	return &wire{isCut: func() bool { return w.isCut(target) }, dial: func() (raftio.IConnection, error) {
		ctx, cancel := context.WithTimeout(ctx, dialTimeout)
		defer cancel()
		return w.ITransport.GetConnection(ctx, target)
	}}, nil
}

// GetSnapshotConnection implements raftio.ITransport.
func (w *wires) GetSnapshotConnection(ctx context.Context, target string) (raftio.ISnapshotConnection, error) {
	conn, err := w.ITransport.GetSnapshotConnection(ctx, target)
	if err != nil {
		w.setCut(target, true)
		return nil, err
	}
	return &snapshotWire{ISnapshotConnection: conn, onCut: func() { w.setCut(target, true) }}, nil
}

func (w *wires) setCut(target string, cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if cut {
		w.cut[target] = true
	} else {
		delete(w.cut, target)
	}
}

func (w *wires) isCut(target string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cut[target]
}

// wire is a connection to a member that may not be there. What cannot be sent is lost, as it may be on any network: Raft sends it
// again. It is used by one goroutine.
type wire struct {
	dial  func() (raftio.IConnection, error)
	isCut func() bool
	// conn is nil while the member cannot be reached; it is not tried before next.
	conn raftio.IConnection
	next time.Time
}

// SendMessageBatch implements raftio.IConnection. It fails only as errSnapshotCut.
func (w *wire) SendMessageBatch(batch raftpb.MessageBatch) error {
	if w.isCut() {
		return errSnapshotCut
	}
	if w.conn == nil && !w.redial() {
		return nil
	}
	if w.conn.SendMessageBatch(batch) != nil {
		w.Close()
	}
	return nil
}

// redial reports whether there is a connection now.
func (w *wire) redial() bool {
	if time.Now().Before(w.next) {
		return false
	}
	conn, err := w.dial()
	w.next = time.Now().Add(redialPause)
	if err != nil {
		return false
	}
	w.conn = conn
	return true
}

// Close implements raftio.IConnection.
func (w *wire) Close() {
	if w.conn != nil {
		w.conn.Close()
		w.conn = nil
	}
}

// snapshotWire is a connection for a snapshot. It is used by one goroutine.
type snapshotWire struct {
	raftio.ISnapshotConnection
	// onCut is told when it is closed before the last chunk was sent.
	onCut func()
	whole bool
}

// SendChunk implements raftio.ISnapshotConnection.
func (s *snapshotWire) SendChunk(c raftpb.Chunk) error {
	err := s.ISnapshotConnection.SendChunk(c)
	s.whole = err == nil && (c.ChunkCount == raftpb.LastChunkCount || c.ChunkId+1 == c.ChunkCount)
	return err
}

// Close implements raftio.ISnapshotConnection.
func (s *snapshotWire) Close() {
	if !s.whole {
		s.onCut()
	}
	s.ISnapshotConnection.Close()
}
