package link

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

var (
	// errReplaced ends a link whose peer has made another one.
	errReplaced = errors.New("the peer made another link")
	// errClosing ends links that are closed here.
	errClosing = errors.New("this node closes its links")
	// errDropped ends a link that is to be made anew.
	errDropped = errors.New("the peer has to prove itself anew")
)

// peer is another node. Its goroutine, run, serves one link after the other.
type peer struct {
	links *Links
	name  string
	// moved holds an item when the address has changed.
	moved chan struct{}
	// offers holds the newest proven connection that the peer has dialled; it is filled under mu.
	offers chan net.Conn
	// dialling has an element for each tunnel that is being opened.
	dialling chan struct{}
	// ctx ends when the peer is removed, or Close begins; stop ends it.
	ctx  context.Context //nolint:containedctx // it is the peer's life
	stop context.CancelFunc
	// running is run.
	running sync.WaitGroup

	mu struct {
		sync.Mutex
		addr    string
		session *session // nil = down
		since   time.Time
		closed  bool
		// refusal is the last one since the link went down.
		refusal string
		// tunnels are those that this node has dialled, and those that it listened for; none while the link is down.
		tunnels map[role]map[*Tunnel]struct{}
	}
}

func newPeer(l *Links, name, addr string) *peer {
	p := &peer{links: l, name: name, moved: make(chan struct{}, 1), offers: make(chan net.Conn, 1), dialling: make(chan struct{}, dialsAtOnce)}
	p.ctx, p.stop = context.WithCancel(l.ctx)
	p.mu.addr, p.mu.since = addr, time.Now()
	p.mu.tunnels = map[role]map[*Tunnel]struct{}{dialler: {}, listener: {}}
	return p
}

// start lets the link come up. The caller holds the lock of the links.
func (p *peer) start() {
	p.running.Add(1)
	p.links.running.Go(func() {
		defer p.running.Done()
		p.run()
	})
}

// run keeps the link until Close, or until the peer is removed.
func (p *peer) run() {
	if p.links.opts.Node < p.name {
		p.keepDialling()
	} else {
		p.takeOffers()
	}
}

func (p *peer) keepDialling() {
	l := p.links
	pause := newBackoff(l.opts.times)
	for p.ctx.Err() == nil {
		conn, _, err := l.shake(p.ctx, p.name, p.addr(), toLink)
		switch {
		case err != nil:
			l.complain(p.name, err)
		case conn != nil:
			if up := p.serve(conn); up > l.opts.times.maxPause {
				pause.reset()
			}
		}
		pause.wait(p.ctx, p.moved)
	}
}

func (p *peer) takeOffers() {
	for {
		select {
		case conn := <-p.offers:
			p.serve(conn)
		case <-p.ctx.Done():
			return
		}
	}
}

// offer takes a proven connection that the peer has dialled. It does not wait: the link that there is ends first.
func (p *peer) offer(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.closed {
		_ = conn.Close()
		return
	}
	select {
	case older := <-p.offers:
		_ = older.Close()
	default:
	}
	p.offers <- conn
	if p.mu.session != nil {
		p.mu.session.fail(errReplaced)
	}
}

// serve lives through one link, and returns for how long it was up.
func (p *peer) serve(conn net.Conn) time.Duration {
	l := p.links
	s := newSession(conn, &l.opts)
	if !p.begin(s) {
		_ = conn.Close()
		return 0
	}
	began := time.Now()
	l.complaints.forget(p.name)
	l.log.Info("link up", "peer", p.name, "addr", conn.RemoteAddr().String())
	var writer sync.WaitGroup
	writer.Go(s.write)
	l.opts.Up(p.name)
	s.fail(s.read(func(f *pb.Frame) { l.opts.Receive(p.name, f) }))
	writer.Wait()
	p.end()
	l.log.Warn("link down", "peer", p.name, "why", s.why())
	l.opts.Down(p.name)
	return time.Since(began)
}

// begin makes s the link, unless nobody wants it any more.
func (p *peer) begin(s *session) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.closed || len(p.offers) > 0 {
		return false
	}
	p.mu.session, p.mu.since, p.mu.refusal = s, time.Now(), ""
	return true
}

func (p *peer) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.session, p.mu.since = nil, time.Now()
	p.endTunnelsLocked()
}

// refused notes why there is no link.
func (p *peer) refused(r *refusal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.session == nil {
		p.mu.refusal = r.Error()
	}
}

// drop ends the link.
func (p *peer) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.session != nil {
		p.mu.session.fail(errDropped)
	}
}

func (p *peer) send(f *pb.Frame) error {
	p.mu.Lock()
	s := p.mu.session
	p.mu.Unlock()
	if s == nil {
		return im.E("link.send", im.Unavailable, "there is no link to "+p.name)
	}
	return s.out.add(f)
}

func (p *peer) move(addr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.addr == addr {
		return
	}
	p.mu.addr = addr
	select {
	case p.moved <- struct{}{}:
	default: // the dialler knows already
	}
}

func (p *peer) addr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mu.addr
}

func (p *peer) state() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	st := State{Name: p.name, Addr: p.mu.addr, Up: p.mu.session != nil, Since: p.mu.since, Refused: p.mu.refusal}
	if st.Up {
		st.PendingBytes = p.mu.session.out.bytes()
	}
	return st
}

// close ends the link; run ends by itself when the context has.
func (p *peer) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.closed = true
	select {
	case conn := <-p.offers:
		_ = conn.Close()
	default:
	}
	if p.mu.session != nil {
		p.mu.session.fail(errClosing)
	}
}
