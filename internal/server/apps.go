package server

import (
	"context"
	"fmt"
	"time"

	"github.com/parley-im/parley/auth"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/admin"
)

// openTimeout bounds the wait for a first leader.
const openTimeout = 30 * time.Second

// openApps loads the apps, makes sure of those that were asked for, and draws a first one when there is none at all.
func (s *Server) openApps(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	apps, err := auth.Open(ctx, s.journal, s.opts.Clock)
	if err != nil {
		return err
	}
	s.apps = apps
	for _, a := range s.opts.Apps {
		if err := apps.Ensure(ctx, a); err != nil {
			return err
		}
	}
	if len(apps.List()) > 0 {
		return nil
	}
	first, err := apps.Create(ctx)
	if err != nil {
		return err
	}
	s.first = &first
	return nil
}

// checkApps is a check of readiness: every app that was asked for exists.
func (s *Server) checkApps(context.Context) error {
	for _, a := range s.opts.Apps {
		if _, ok := s.apps.App(a.ID); !ok {
			return im.E("server.apps", im.NotFound, fmt.Sprintf("app %s does not exist", a.ID))
		}
	}
	return nil
}

// openAdmin opens the operators' listener.
func (s *Server) openAdmin(context.Context) error {
	token, err := admin.EnsureToken(s.opts.Dir)
	if err != nil {
		return fmt.Errorf("admin token: %w", err)
	}
	s.watch()
	s.operators.gate.open(withFaults(admin.New(admin.Options{
		Apps: s.apps, Health: s.health, Metrics: s.metrics.Handler(), Token: token,
	})))
	return nil
}
