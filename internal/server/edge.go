package server

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/parley-im/parley/transport/attachment"
	"github.com/parley-im/parley/transport/rest"
	"github.com/parley-im/parley/transport/socketio"
)

// openEdge opens the clients' listener: Socket.IO, health and REST on one port, and by tunnels what other nodes read here.
func (s *Server) openEdge(context.Context) error {
	sockets := socketio.New(socketio.Options{
		Auth: s.apps, Commands: s.commands, Hub: s.hub, Hooks: hooks{s.metrics}, Logger: s.logger,
		Return:    s.clients.back.Return,
		SIDPrefix: sidPrefix(s.journal.Replica()),
	})
	s.sockets.Store(sockets)
	passing := s.newPassing(sockets)
	api := rest.New(rest.Options{
		Commands: s.commands, History: s.reads, Search: s.reads, Keys: s.apps, Logger: s.logger,
	})
	s.clients.gate.open(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case isSocketPath(r.URL.Path):
			passing.ServeHTTP(w, r)
		case s.health.Serves(r.URL.Path):
			s.health.ServeHTTP(w, r)
		case isRead(r):
			s.reads.ServeHTTP(w, r)
		case s.files.copies != nil && isCopy(r):
			s.files.copies.ServeHTTP(w, r)
		case attachment.Serves(r):
			s.files.api.ServeHTTP(w, r)
		case s.pages.Serves(r):
			s.pages.ServeHTTP(w, r)
		default:
			api.ServeHTTP(w, r)
		}
	}))
	s.onClose(func(ctx context.Context) error {
		s.doing.set("closing")
		s.up.Store(false)
		s.handOver(ctx) // while its clients are still here: what they say in the meantime goes there
		return s.closeEdge(ctx, sockets, passing)
	})
	return nil
}

// isSocketPath reports whether path is the Socket.IO endpoint, with or without its final slash.
func isSocketPath(path string) bool { return strings.TrimSuffix(path, "/") == "/socket.io" }

// drainBudget and edgeBudget are how much of the time to end handing over and the clients may take; the rest is for the log.
const (
	drainBudget = 2 * time.Second
	edgeBudget  = 4 * time.Second
)

// closeEdge stops accepting, cuts the sockets, so that clients come back to another node, and lets requests finish.
// Clients that do not let go in time are no reason to fail.
func (s *Server) closeEdge(ctx context.Context, sockets *socketio.Server, passing *passing) error {
	ctx, cancel := context.WithTimeout(ctx, edgeBudget)
	defer cancel()
	s.hub.Settle() // what was said in rooms goes out before the close frames
	passing.close()
	defer passing.wait()
	closed := make(chan error, 1)
	go func() { closed <- s.clients.close(ctx) }()
	if err := errors.Join(sockets.Close(ctx), <-closed); err != nil {
		s.logger.Warn("clients were cut", "err", err)
	}
	return nil
}
