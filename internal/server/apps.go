package server

import (
	"context"
	"time"

	"github.com/parley-im/parley/auth"
)

// openTimeout bounds the wait of a node that is alone for its log; see patiently.
const openTimeout = 30 * time.Second

// openApps loads the apps, makes sure of those that were asked for, and draws a first one when there is none at all. From then
// on it follows what other nodes do to them.
func (s *Server) openApps(ctx context.Context) error {
	if err := s.patiently(ctx, s.prepareApps); err != nil {
		return err
	}
	s.inBackground(ctx, s.apps.Run)
	s.appsAreOpen.Store(true)
	return nil
}

// catchUpTimeout bounds the wait for what was told before.
const catchUpTimeout = 5 * time.Second

// catchUp waits, on a node that is alone, until what was committed before has been told to nobody. What was told in the last second
// before a crash is told again, and who logs in while that goes on would hear it twice. Among several nodes others have
// clients who wait for what is told.
func (s *Server) catchUp(ctx context.Context) error {
	if len(s.journal.Members()) > 1 {
		return nil
	}
	return s.awaitCaughtUp(ctx, func() bool { return s.host.CaughtUp(s.opts.Shards) })
}

// awaitCaughtUp waits until caughtUp says so, for catchUpTimeout at most.
func (s *Server) awaitCaughtUp(ctx context.Context, caughtUp func() bool) error {
	enough := time.NewTimer(catchUpTimeout)
	defer enough.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !caughtUp() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-enough.C:
			if !caughtUp() { // a machine that stood still comes here although it was time to look, too
				s.logger.Warn("clients may hear again what they heard before the node ended", "waited", catchUpTimeout)
			}
			return nil
		case <-look.C:
		}
	}
	return nil
}

// prepareApps may be called again: what it did is done.
func (s *Server) prepareApps(ctx context.Context) (err error) {
	if s.apps == nil {
		if s.apps, err = auth.Open(ctx, s.journal, s.opts.Clock); err != nil {
			return err
		}
	}
	for _, a := range s.opts.Apps {
		if err := s.apps.Ensure(ctx, a); err != nil {
			return err
		}
	}
	first, drawn, err := s.apps.First(ctx)
	if drawn {
		s.first = &first
	}
	return err
}
