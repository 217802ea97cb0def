package link

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Links are the connections of this node to its peers.
type Links struct {
	opts       Options
	log        *slog.Logger
	complaints *complaints
	door       *door
	// ctx ends when Close begins.
	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup

	// The locks of peers are taken inside mu, never around it.
	mu struct {
		sync.RWMutex
		peers        map[string]*peer
		open, closed bool
	}
}

// State is what is known of a peer.
type State struct {
	Name string
	// Addr is where it is dialled, HOST:PORT.
	Addr string
	// Up says that there is a link.
	Up bool
	// PendingBytes is what waits to be written, and what is being written.
	PendingBytes int
	// Since is when the link went up, or down; when the peer was added, if it never was up.
	Since time.Time
	// Refused is why one of the two refused the other last, since the link went down; "" = neither has.
	Refused string
}

// Start accepts connections and answers handshakes. There are no links until Open.
func Start(opts Options) *Links {
	opts.ensureDefaults()
	l := &Links{
		opts:       opts,
		log:        opts.Logger,
		complaints: newComplaints(opts.Logger, opts.times.hush),
		door:       newDoor(opts.maxGuests),
	}
	l.ctx, l.stop = context.WithCancel(context.Background())
	l.mu.peers = make(map[string]*peer)
	for name, addr := range opts.Peers {
		l.SetPeer(name, addr)
	}
	l.running.Go(l.accept)
	return l
}

// Open lets links come up: peers are dialled, and those that dial are taken. It may be called again, for nothing.
func (l *Links) Open() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.open || l.mu.closed {
		return
	}
	l.mu.open = true
	for _, p := range l.mu.peers {
		p.start()
	}
}

// SetPeer adds a peer, or changes the address, HOST:PORT, where it is dialled from then on. A link that is up stays.
// This node's own name is ignored.
func (l *Links) SetPeer(name, addr string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if name == l.opts.Node || l.mu.closed {
		return
	}
	if p := l.mu.peers[name]; p != nil {
		p.move(addr)
		return
	}
	p := newPeer(l, name, addr)
	l.mu.peers[name] = p
	if l.mu.open {
		p.start()
	}
}

// RemovePeer ends the link to a peer, which is none from then on, and returns when its Down has. It must not be called
// from Up, Receive and Down.
func (l *Links) RemovePeer(name string) {
	l.mu.Lock()
	p := l.mu.peers[name]
	delete(l.mu.peers, name)
	l.mu.Unlock()
	if p != nil {
		p.close()
		p.stop()
		p.running.Wait()
	}
}

// EndLink ends the link to a peer, if there is one: the peer has to prove itself anew, and Check is asked.
func (l *Links) EndLink(name string) {
	if p := l.peer(name); p != nil {
		p.drop()
	}
}

// Send queues a frame for a peer. It never blocks. It encodes f and keeps nothing of it. Frames to one peer are sent in
// the order of the calls. The error is an *im.Error: Unavailable without a link, Overloaded when too much waits already,
// TooLong over MaxFrameBytes, Invalid if it cannot be encoded; in all of these cases nothing was sent.
func (l *Links) Send(to string, f *pb.Frame) error {
	p := l.peer(to)
	if p == nil {
		return im.E("link.send", im.Unavailable, "there is no node "+to)
	}
	return p.send(f)
}

// States returns the peers, by name.
func (l *Links) States() []State {
	l.mu.RLock()
	defer l.mu.RUnlock()
	states := make([]State, 0, len(l.mu.peers))
	for _, p := range l.mu.peers {
		states = append(states, p.state())
	}
	slices.SortFunc(states, func(a, b State) int { return cmp.Compare(a.Name, b.Name) })
	return states
}

// Close ends all links and waits until their Downs have returned. What is pending is dropped.
func (l *Links) Close() {
	l.stop()
	_ = l.opts.Listener.Close()
	l.door.close()
	l.mu.Lock()
	l.mu.closed = true
	for _, p := range l.mu.peers {
		p.close()
	}
	l.mu.Unlock()
	l.running.Wait()
}

// peer returns nil if there is none of that name.
func (l *Links) peer(name string) *peer {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.mu.peers[name]
}

func (l *Links) isOpen() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.mu.open && !l.mu.closed
}
