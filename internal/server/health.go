package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/admin"
)

// checks are the conditions of readiness. Until the node is up only those of the node itself say anything.
func (s *Server) checks() []admin.Check {
	onceUp := func(run func(context.Context) error) func(context.Context) error {
		return func(ctx context.Context) error {
			if !s.up.Load() {
				return nil
			}
			return run(ctx)
		}
	}
	return []admin.Check{
		{Name: "node", Run: s.checkNode},
		{Name: "links", Run: func(context.Context) error { why := s.refusedByAll(); return unless(why == "", why) }},
		{Name: "log", Run: onceUp(func(ctx context.Context) error { return s.journal.Ready(ctx) })},
		{Name: "disk", Run: onceUp(s.checkDisk)},
		{Name: "actors", Run: onceUp(s.probeActors)},
		{Name: "apps", Run: onceUp(s.checkApps)},
	}
}

// checkNode is a check of readiness: the node is up, and wants clients.
func (s *Server) checkNode(context.Context) error {
	if !s.up.Load() {
		return errors.New(s.doing.String())
	}
	if s.leaving.Load() {
		return errLeaving
	}
	if s.drained.Load() {
		return errDrained
	}
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
