package server

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/auth"
	"github.com/parley-im/parley/cluster"
	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/internal/metrics"
	"github.com/parley-im/parley/transport/admin"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/hub"
)

// Server is a running node.
type Server struct {
	opts    Options
	logger  *slog.Logger
	metrics *metrics.Node
	health  *admin.Health

	clients, operators *port
	journal            *eventlog.Log
	leaders            leaders
	node               *cluster.Node
	host               *actors.Host
	hub                *hub.Hub
	commands           *dispatch.Dispatcher
	apps               *auth.Apps
	first              *auth.App

	// up is true from the end of Start until Close begins: only then is the node ready.
	up atomic.Bool
	// failed holds what ends a running node; it is as long as there are listeners, so that no sender waits.
	failed chan error
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
	steps := []func(context.Context) error{s.takePorts, s.openLog, s.startActors, s.openApps, s.openEdge, s.openAdmin}
	for _, step := range steps {
		if err := step(ctx); err != nil {
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
		metrics: metrics.New(opts.Version),
		health:  &admin.Health{},
		failed:  make(chan error, 2),
		broken:  make(chan error, 1),
	}
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
		into       **port
	}{
		{"listen", s.opts.Listen, roomForClients(), &s.clients},
		{"admin-listen", s.opts.AdminListen, roomForOperators, &s.operators},
	} {
		taken, err := takePort(ctx, p.name, p.addr, p.room, s.logger, s.failed)
		if err != nil {
			return err
		}
		*p.into = taken
		s.onClose(taken.close)
	}
	if err := probe(ctx, "raft-listen", s.opts.RaftListen); err != nil {
		return err
	}
	return probe(ctx, "actor-listen", s.opts.ActorListen)
}
