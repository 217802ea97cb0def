package reads

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/parley-im/parley/im"
)

// Reads reads from this node and from others.
type Reads struct {
	o         Options
	local     Local
	transport http.Transport
	turns     *turns
	// served has a token for each question of another node that is at work.
	served chan struct{}

	// ctx ends when Close is called.
	ctx    context.Context //nolint:containedctx // it is the life of all that is asked and answered
	cancel context.CancelFunc
	// running counts what is asked, dialled and answered. It grows only while mu is held and isClosed is false.
	running sync.WaitGroup
	mu      struct {
		sync.Mutex
		isClosed bool
	}
}

const (
	// idleTunnels wait for the next question to a node, for idleTunnel: less than the other end does.
	idleTunnels = 16
	idleTunnel  = 10 * time.Second
	// maxHeader bounds the header of an answer, in bytes. There is little in it.
	maxHeader = 16 << 10
)

// errClosed is returned once Close was called.
var errClosed = im.E("reads", im.Unavailable, "this node is closing")

// New returns a Reads. Whoever calls it calls Close.
func New(o Options) *Reads {
	o.ensureDefaults()
	r := &Reads{o: o, local: o.Local, turns: newTurns(o.limits.searches), served: make(chan struct{}, o.limits.served)}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.transport = http.Transport{
		DialContext:            r.dial,
		DisableCompression:     true,
		MaxConnsPerHost:        o.limits.tunnels,
		MaxIdleConnsPerHost:    idleTunnels,
		IdleConnTimeout:        idleTunnel,
		MaxResponseHeaderBytes: maxHeader,
	}
	return r
}

// Close ends what is asked of other nodes, and what they ask of this one: it fails as Unavailable, on this side and on theirs. It
// returns when all of it has ended. It is called once.
func (r *Reads) Close() {
	r.mu.Lock()
	r.mu.isClosed = true
	r.mu.Unlock()
	r.cancel()
	r.running.Wait()
	r.transport.CloseIdleConnections()
}

// begin counts something that Close waits for, until done is called; its context ends with ctx and with Close. It reports false once
// Close was called.
func (r *Reads) begin(ctx context.Context) (_ context.Context, done func(), ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mu.isClosed {
		return nil, nil, false
	}
	r.running.Add(1)
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(r.ctx, cancel)
	return ctx, func() {
		stop()
		cancel()
		r.running.Done()
	}, true
}

// dial is the transport's, which does not wait for those that it has begun.
func (r *Reads) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	node, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	ctx, done, ok := r.begin(ctx)
	if !ok {
		return nil, errClosed
	}
	defer done()
	return r.o.Dial(ctx, node)
}

// unavailable says why something that was asked for elsewhere cannot be had.
func unavailable(op string, err error) error {
	return &im.Error{Op: op, Kind: im.Unavailable, Err: err}
}

// isUnavailable reports whether another node may do better. The end of a context is one.
func isUnavailable(err error) bool {
	return err != nil && (im.KindOf(err) == im.Unavailable ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded))
}

// nobodyHas says that no node that has a shard can be asked.
func nobodyHas(shard im.ShardID) error {
	return fmt.Errorf("no node that has shard %d can be reached", shard)
}
