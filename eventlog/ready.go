package eventlog

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/parley-im/parley/im"
)

// lookPause lies between two looks at what a start or a read waits for.
const lookPause = 20 * time.Millisecond

// Ready waits until every shard has a leader, every queue accepts, and this node has applied what was committed before to the
// shards that it has a replica of: after a start it may have to apply much again. It returns nil then, and an *im.Error that
// names what is missing when ctx ends first.
func (l *Log) Ready(ctx context.Context) error {
	if err := l.accepting(ctx); err != nil {
		return err
	}
	return l.caughtUp(ctx)
}

// accepting waits for leaders and queues.
func (l *Log) accepting(ctx context.Context) error {
	t := time.NewTicker(lookPause)
	defer t.Stop()
	for {
		missing := l.notReady()
		if missing == "" {
			return nil
		}
		select {
		case <-ctx.Done():
			return &im.Error{Op: "eventlog.ready", Kind: im.Unavailable, Text: missing, Err: ctx.Err()}
		case <-l.closing:
			return errClosed
		case <-t.C:
		}
	}
}

func (l *Log) notReady() string {
	for _, s := range l.shards {
		if _, _, ok := s.leader(); !ok {
			return fmt.Sprintf("shard %d has no leader", s.id)
		}
		if !s.queue.accepts() {
			return fmt.Sprintf("the queue of shard %d is full", s.id)
		}
	}
	return ""
}

// caughtUp waits for a barrier of every shard.
func (l *Log) caughtUp(ctx context.Context) error {
	errs := make([]error, len(l.shards))
	var all sync.WaitGroup
	for i, s := range l.shards {
		if l.Holds(s.id) {
			all.Go(func() { errs[i] = s.caughtUp(ctx) })
		}
	}
	all.Wait()
	for i, s := range l.shards {
		if errs[i] != nil {
			return &im.Error{Op: "eventlog.ready", Kind: im.KindOf(errs[i]), Text: fmt.Sprintf("shard %d does not answer", s.id), Err: errs[i]}
		}
	}
	return nil
}

// caughtUp tries again until ctx ends, as long as there is but no barrier: a read gives up sooner than a start may take.
func (s *shard) caughtUp(ctx context.Context) error {
	for {
		_, err := await(ctx, s.l, s.id, func() (struct{}, error) { return struct{}{}, nil })
		if im.KindOf(err) != im.Unavailable || ctx.Err() != nil || !s.l.Holds(s.id) || !s.l.pause(lookPause) {
			return err
		}
	}
}
