package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/admin"
	"github.com/parley-im/parley/transport/rest"
	"github.com/parley-im/parley/transport/socketio"
)

// openEdge opens the clients' listener: Socket.IO, health and REST on one port.
func (s *Server) openEdge(context.Context) error {
	sockets := socketio.New(socketio.Options{
		Auth: s.apps, Commands: s.commands, Hub: s.hub, Hooks: hooks{s.metrics}, Logger: s.logger,
	})
	s.health.Checks = []admin.Check{
		{Name: "node", Run: func(context.Context) error { return unless(s.up.Load(), "starting or closing") }},
		{Name: "log", Run: s.journal.Ready},
		{Name: "disk", Run: s.checkDisk},
		{Name: "actors", Run: s.probeActors},
		{Name: "apps", Run: s.checkApps},
	}
	api := rest.New(rest.Options{
		Commands: s.commands, History: s.journal, Search: s.journal, Presence: s.hub, Keys: s.apps, Logger: s.logger,
	})
	s.clients.gate.open(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case isSocketPath(r.URL.Path):
			sockets.ServeHTTP(w, r)
		case s.health.Serves(r.URL.Path):
			s.health.ServeHTTP(w, r)
		default:
			api.ServeHTTP(w, r)
		}
	}))
	s.onClose(func(ctx context.Context) error {
		s.up.Store(false)
		return s.closeEdge(ctx, sockets)
	})
	return nil
}

// isSocketPath reports whether path is the Socket.IO endpoint, with or without its final slash.
func isSocketPath(path string) bool { return strings.TrimSuffix(path, "/") == "/socket.io" }

// edgeBudget is how much of the time to end the clients may take; the rest is for the log.
const edgeBudget = 6 * time.Second

// closeEdge stops accepting, cuts the sockets, so that clients come back to another node, and lets requests finish.
// Clients that do not let go in time are no reason to fail.
func (s *Server) closeEdge(ctx context.Context, sockets *socketio.Server) error {
	ctx, cancel := context.WithTimeout(ctx, edgeBudget)
	defer cancel()
	closed := make(chan error, 1)
	go func() { closed <- s.clients.close(ctx) }()
	if err := errors.Join(sockets.Close(ctx), <-closed); err != nil {
		s.logger.Warn("clients were cut", "err", err)
	}
	return nil
}

// probeActors sends a command that stores nothing the whole way: to an actor, its log and back.
func (s *Server) probeActors(ctx context.Context) error {
	_, err := s.commands.Profile(ctx, im.Apps.App, "readyz")
	if im.KindOf(err) == im.NotFound {
		return nil
	}
	return err
}

// checkDisk is a check of readiness: the disk has room for what may come.
func (s *Server) checkDisk(context.Context) error {
	d := s.journal.Disk()
	return unless(!d.Low, fmt.Sprintf("nearly full: %d MiB are free, %d MiB must be (--min-free-disk)",
		d.FreeBytes>>20, d.MinFreeBytes>>20))
}

func unless(holds bool, text string) error {
	if holds {
		return nil
	}
	return errors.New(text)
}
