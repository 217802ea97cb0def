package server

import (
	"context"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/parley-im/parley/transport/engineio"
)

// passing serves the Socket.IO endpoint of a node among others: what belongs to a session of another node is passed on to it, by a
// tunnel, and so is the answer back; a request that asks for a WebSocket, too. So clients that poll need no load balancer that
// keeps them at one node. A node that is not there any more has no sessions: the client is told that its session is unknown, as
// it is by its own node, and opens another one. What was passed on once is not passed on again.
type passing struct {
	here http.Handler
	// nodeOf returns the name of another node by its number; "" = there is none.
	nodeOf    func(replica uint64) string
	transport *http.Transport
	buffers   buffers
	log       *log.Logger

	// ctx ends when close is called.
	ctx    context.Context
	cancel context.CancelFunc
	// running counts requests that are being passed on. It grows only while mu is held and isClosed is false.
	running sync.WaitGroup
	mu      struct {
		sync.Mutex
		isClosed bool
	}
}

const (
	// idleTunnels is how many tunnels to each node wait for the next request, for idleTunnel. Opening another one takes both
	// nodes as long as some requests do, so a busy node should find one here; the others' end is not to be reached: an idle
	// connection of the port waits longer (times.idle).
	idleTunnels = 64
	idleTunnel  = 10 * time.Second
	// maxPassedHeader bounds the header of another node's answer, in bytes.
	maxPassedHeader = 64 << 10
)

// newPassing returns what passes on to nodes that dial reaches by their names what here, this node's endpoint, has no sessions for.
func newPassing(here http.Handler, nodeOf func(uint64) string, dial func(ctx context.Context, node string) (net.Conn, error), logger *slog.Logger) *passing {
	p := &passing{here: here, nodeOf: nodeOf, log: slog.NewLogLogger(logger.Handler(), slog.LevelDebug)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.transport = tunnelled(dial)
	return p
}

// tunnelled returns what asks nodes that dial reaches by their names, which are hosts.
func tunnelled(dial func(ctx context.Context, node string) (net.Conn, error)) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			node, _, err := net.SplitHostPort(addr)
			if err != nil {
				return nil, err
			}
			return dial(ctx, node)
		},
		DisableCompression:     true,
		MaxIdleConnsPerHost:    idleTunnels,
		IdleConnTimeout:        idleTunnel,
		MaxResponseHeaderBytes: maxPassedHeader,
	}
}

// newPassing is newPassing for the members of this node's cluster.
func (s *Server) newPassing(here http.Handler) *passing {
	return newPassing(here, s.otherMember, s.dialNode, s.logger)
}

// dialNode opens a tunnel to another node.
func (s *Server) dialNode(ctx context.Context, node string) (net.Conn, error) {
	return s.tunnels.dial(ctx, s.links, node)
}

// otherMember returns the name of the other member with that number.
func (s *Server) otherMember(replica uint64) string {
	for _, m := range s.journal.Members() {
		if m.Replica == replica && m.Name != s.opts.Node {
			return m.Name
		}
	}
	return ""
}

// sidPrefix begins the ids of the sessions of the node with that number. No character that is drawn is a point.
func sidPrefix(replica uint64) string { return strconv.FormatUint(replica, 10) + "." }

// replicaOf returns the number of the node that a session's id names, 0 = none.
func replicaOf(sid string) uint64 {
	number, _, _ := strings.Cut(sid, ".")
	replica, err := strconv.ParseUint(number, 10, 64)
	if err != nil || !strings.HasPrefix(sid, sidPrefix(replica)) {
		return 0
	}
	return replica
}

// ServeHTTP implements http.Handler.
func (p *passing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	node := p.nodeOf(replicaOf(engineio.ParseHandshake(r.URL.RawQuery).SID))
	if node == "" || isPassedOn(r) || r.Method == http.MethodOptions || !p.begin() {
		p.here.ServeHTTP(w, r)
		return
	}
	defer p.running.Done()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(p.ctx, cancel)()
	p.to(node).ServeHTTP(newPassed(ctx, w), r.WithContext(ctx))
}

// to returns what passes requests on to a node.
func (p *passing) to(node string) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", node
			r.Out.URL.RawQuery = r.In.URL.RawQuery // as it is: some clients do not encode it properly
			if r.Out.Body == nil {
				r.Out.Body = once{}
			}
		},
		Transport:  p.transport,
		BufferPool: &p.buffers,
		ErrorLog:   p.log,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			p.log.Printf("a request for %s is not passed on: %v", node, err)
			p.here.ServeHTTP(w, r) // it knows no such session
		},
	}
}

// once is the body of a request that has none and is not to be sent twice. NB: without it the Transport would repeat a GET whose
// tunnel broke, though the answer may have taken along what had waited for a poll.
type once struct{}

// Read implements io.Reader.
func (once) Read([]byte) (int, error) { return 0, io.EOF }

// Close implements io.Closer.
func (once) Close() error { return nil }

// begin counts a request, unless close was called.
func (p *passing) begin() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.isClosed {
		return false
	}
	p.running.Add(1)
	return true
}

// close ends what is being passed on, sessions of other nodes whose polls wait here or whose WebSockets are here included.
func (p *passing) close() {
	p.mu.Lock()
	p.mu.isClosed = true
	p.mu.Unlock()
	p.cancel()
}

// wait waits for the end of what close ends. Answers may take passedTime to leave, unless their connections are closed.
func (p *passing) wait() {
	p.running.Wait()
	p.transport.CloseIdleConnections()
}

// buffers is where answers are copied through.
type buffers struct{ pool sync.Pool }

// copyBytes fits most answers to polls.
const copyBytes = 16 << 10

// Get implements httputil.BufferPool.
func (b *buffers) Get() []byte {
	if buf, ok := b.pool.Get().(*[copyBytes]byte); ok {
		return buf[:]
	}
	return make([]byte, copyBytes)
}

// Put implements httputil.BufferPool.
func (b *buffers) Put(buf []byte) { b.pool.Put((*[copyBytes]byte)(buf)) }
