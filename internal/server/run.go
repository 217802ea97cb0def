package server

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"time"
)

// closeBudget is how long a node takes to end: less than the 10 s after which container runtimes kill.
const closeBudget = 8 * time.Second

const (
	// closeGrace is how much longer closing may take before the node says what it waits for. What is flushed to a disk that
	// others fill has no bound.
	closeGrace = 4 * time.Second
	// maxStackBytes bounds what is logged of the goroutines.
	maxStackBytes = 256 << 10
)

// Run starts a node, calls started once it is up, and closes it when ctx ends or the node fails. It returns nil when
// ctx ended it, also while it was starting. When the disk fails, at whatever moment, it returns at once and leaves behind
// what cannot be closed any more: the process must end.
func Run(ctx context.Context, opts Options, started func(*Server)) error {
	opts.EnsureDefaults()
	if err := opts.Validate(); err != nil {
		return err
	}
	s := newServer(opts)
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx, started) }()
	select {
	case err := <-ended:
		return err
	case err := <-s.Broken():
		return err
	}
}

func (s *Server) run(ctx context.Context, started func(*Server)) error {
	if err := s.start(ctx); err != nil {
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return nil
		}
		return err
	}
	s.announce()
	started(s)
	var failure error
	select {
	case <-ctx.Done():
		s.logger.Info("closing", "cause", context.Cause(ctx))
	case failure = <-s.Failed():
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeBudget)
	defer cancel()
	defer sayWhatWaits(s.logger, closeBudget+closeGrace)()
	return errors.Join(failure, s.Close(closing))
}

// sayWhatWaits logs what each goroutine is doing if done is not called in time: a node that does not end is killed by what
// supervises it, and nobody would ever know why.
func sayWhatWaits(logger *slog.Logger, in time.Duration) (done func() bool) {
	return time.AfterFunc(in, func() {
		stacks := make([]byte, maxStackBytes)
		stacks = stacks[:runtime.Stack(stacks, true)]
		logger.Warn("closing takes too long", "so_far", in.String(), "goroutines", string(stacks))
	}).Stop
}

// announce says in the log what an operator must know.
func (s *Server) announce() {
	s.logger.Info("node is up",
		"version", s.opts.Version, "node", s.opts.Node, "data", s.opts.Dir, "shards", s.opts.Shards,
		"retention", s.opts.Retention.String(), "listen", s.Addr(), "admin", s.AdminAddr(), "apps", len(s.apps.List()))
	s.logger.Info("trust is legacy: whoever holds a client key may act for any user of its app")
}
