package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/auth"
	"github.com/parley-im/parley/cluster"
	"github.com/parley-im/parley/cluster/attendance"
	"github.com/parley-im/parley/cluster/certs"
	"github.com/parley-im/parley/cluster/link"
	"github.com/parley-im/parley/cluster/reads"
	"github.com/parley-im/parley/cluster/roster"
	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/internal/atrest"
	"github.com/parley-im/parley/internal/keypair"
	"github.com/parley-im/parley/internal/metrics"
	"github.com/parley-im/parley/transport/admin"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/hub"
	"github.com/parley-im/parley/transport/pages"
	"github.com/parley-im/parley/transport/socketio"
)

// Server is a running node.
type Server struct {
	opts    Options
	logger  *slog.Logger
	metrics *metrics.Node
	health  *admin.Health

	clients, operators *port
	actorPort          net.Listener
	certs              *certs.Certs     // nil = nodes speak no TLS
	pair               *keypair.Watched // nil = clients are spoken to without TLS
	tunnels            *tunnels
	dir                *eventlog.Directory
	membership         *membership
	// others are the names of the other members.
	others     atomic.Pointer[[]string]
	nodes      *roster.Nodes
	links      *link.Links
	journal    *eventlog.Log
	reads      *reads.Reads
	leaders    leaders
	followers  *followers
	node       *cluster.Node
	host       *actors.Host
	hub        *hub.Hub
	attendance *attendance.Attendance
	commands   *dispatch.Dispatcher
	apps       *auth.Apps
	first      *auth.App

	// sockets is nil until the edge is open.
	sockets atomic.Pointer[socketio.Server]
	files   files
	pages   *pages.Handler

	// settling guards linked: the data directories of those to whom there may be links, by name.
	settling sync.Mutex
	linked   map[string]string

	// leaving says that this node is no member any more, and ends when no shard has it.
	leaving atomic.Bool
	// drained says that this node is to lead nothing, and drainedChanged that this has changed.
	drained        atomic.Bool
	drainedChanged signal
	// viewsChanged says that views, which are there after the log, may have something else to tell.
	viewsChanged signal
	views        *views
	clocks       *clocks

	doing doing
	// logIsOpen is true once log, cluster and actors are there, appsAreOpen once the apps are.
	logIsOpen, appsAreOpen atomic.Bool
	// began is when the node was made, for operators.
	began time.Time
	// up is true from the end of Start until Close begins: only then is the node ready.
	up atomic.Bool
	// failed holds what ends a running node. It has room for each listener, and for one more.
	failed chan error
	// giveUp ends a start for the reason that it is given.
	giveUp context.CancelCauseFunc
	// failing is used by fail.
	failing sync.Once
	// broken holds what the disk failed with: nothing can be stored any more, nor closed.
	broken chan error
	// undo is what Close calls, last first.
	undo []func(context.Context) error
}

// Start opens a node. When it returns an error, whatever was opened is closed again. It never returns when the disk fails
// meanwhile; Run does.
func Start(ctx context.Context, opts Options) (*Server, error) {
	opts.EnsureDefaults()
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	s := newServer(opts)
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Server) start(ctx context.Context) error {
	ctx, s.giveUp = context.WithCancelCause(ctx)
	defer s.giveUp(nil)
	steps := []func(context.Context) error{
		s.giveBack, s.readCerts, s.readPair, s.takePorts, s.takeDir, s.openLinks, s.openAdmin, s.form, s.openLog, s.openReads, s.startActors, s.join,
		s.followRoster, s.openApps, s.openFiles, s.openPages, s.catchUp, s.openEdge,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			if failed := (*failure)(nil); errors.As(context.Cause(ctx), &failed) {
				err = failed.err
			}
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeBudget)
			defer cancel()
			return errors.Join(err, s.Close(closing))
		}
	}
	s.up.Store(true)
	return nil
}

// newServer returns a node of which nothing is open.
func newServer(opts Options) *Server {
	return &Server{
		opts:    opts,
		logger:  opts.Logger,
		began:   time.Now(),
		metrics: metrics.New(opts.Version),
		health:  &admin.Health{},
		failed:  make(chan error, 3),
		broken:  make(chan error, 1),

		drainedChanged: make(signal, 1),
		viewsChanged:   make(signal, 1),
	}
}

// failure is why a start was given up from within.
type failure struct{ err error }

func (f *failure) Error() string { return f.err.Error() }

// fail ends this node, running or starting, with that error. The first one counts.
func (s *Server) fail(err error) {
	s.failing.Do(func() {
		s.failed <- err
		s.giveUp(&failure{err})
	})
}

// inBackground runs each of these until the node is closed, which waits for them. The context that they get ends then.
func (s *Server) inBackground(ctx context.Context, each ...func(context.Context)) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	for _, run := range each {
		running.Go(func() { run(ctx) })
	}
	s.onClose(func(context.Context) error {
		stop()
		running.Wait()
		return nil
	})
}

// giveBack gives memory back to the system whenever this node is at rest.
func (s *Server) giveBack(ctx context.Context) error {
	s.inBackground(ctx, func(ctx context.Context) { atrest.Run(ctx, s.logger) })
	return nil
}

// Addr is the HOST:PORT of the client listener.
func (s *Server) Addr() string { return s.clients.Addr().String() }

// AdminAddr is the HOST:PORT of the operators' listener.
func (s *Server) AdminAddr() string { return s.operators.Addr().String() }

// FirstApp returns the app that Start drew because there was none, or ok = false.
func (s *Server) FirstApp() (app auth.App, ok bool) {
	if s.first == nil {
		return auth.App{}, false
	}
	return *s.first, true
}

// Broken yields the error that the disk failed with, once. Whatever waits for the disk then waits for ever, Close perhaps
// included: the process must end. It is never closed.
func (s *Server) Broken() <-chan error { return s.broken }

// Failed yields the error that ends a node from within, such as a listener that broke. It is never closed.
func (s *Server) Failed() <-chan error { return s.failed }

// Close ends the node: clients are let go, requests finish unless ctx ends first, what is queued is flushed. It is
// called once.
func (s *Server) Close(ctx context.Context) error {
	began := time.Now()
	var problems []error
	for _, undo := range slices.Backward(s.undo) {
		problems = append(problems, undo(ctx))
	}
	s.undo = nil
	s.logger.Debug("node closed", "took", time.Since(began))
	return errors.Join(problems...)
}

func (s *Server) onClose(undo func(context.Context) error) { s.undo = append(s.undo, undo) }

// takePorts comes first: of two nodes started alike, the second must end here and touch nothing.
func (s *Server) takePorts(ctx context.Context) error {
	for _, p := range []struct {
		name, addr string
		room       int
		pair       *keypair.Watched
		into       **port
	}{
		{"listen", s.opts.Listen, roomForClients(), s.pair, &s.clients},
		{"admin-listen", s.opts.AdminListen, roomForOperators, nil, &s.operators},
	} {
		taken, err := takePort(ctx, p.name, p.addr, p.room, p.pair, s.logger, s.failed)
		if err != nil {
			return err
		}
		*p.into = taken
		s.onClose(taken.close)
	}
	s.tunnels = s.clients.openTunnels()
	if err := probe(ctx, "raft-listen", s.opts.RaftListen); err != nil {
		return err
	}
	l, err := listen(ctx, "actor-listen", s.opts.ActorListen)
	if err != nil {
		return err
	}
	s.actorPort = l
	s.onClose(func(context.Context) error { l.Close(); return nil }) //nolint:errcheck // links have closed it, if there are any
	return nil
}
