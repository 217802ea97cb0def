package server

import (
	"context"
	"errors"
	"time"
)

const (
	// lookForDrained is how often a drained node looks whether it leads something again.
	lookForDrained = time.Second
	// goTime is the time over which the clients of a node that is drained are sent away.
	goTime = 5 * time.Second
)

// errDrained is what keeps a drained node from being ready.
var errDrained = errors.New("drained: it leads nothing and takes no clients; `parley cluster drain NAME --undo` ends that, or a restart")

// errLeaving is what keeps a node from being ready that the others are removing.
var errLeaving = errors.New("this node is being removed from the cluster")

// setDrained notes whether this node is drained, for runDrain.
func (s *Server) setDrained(on bool) {
	if s.drained.Swap(on) != on {
		s.drainedChanged.notify()
	}
}

// runDrain drains the node while it is to be drained, until ctx ends: what it leads is handed over, again if it comes back, and
// its clients are sent away once. Those that come all the same are served.
func (s *Server) runDrain(ctx context.Context) {
	tick := time.NewTicker(lookForDrained)
	defer tick.Stop()
	was := false
	for {
		on := s.drained.Load()
		switch {
		case on && !was:
			s.logger.Info("draining: what this node leads is handed over, and its clients are sent away")
			s.handOver(ctx)
			s.letClientsGo(ctx)
		case on:
			s.handOver(ctx)
		case was:
			s.journal.Undrain()
			s.logger.Info("this node is not drained any more")
		}
		was = on
		select {
		case <-tick.C:
		case <-s.drainedChanged:
		case <-ctx.Done():
			return
		}
	}
}

// handOver lets other nodes lead what this one leads. What is not handed over in time stays for the next time, or is elected
// anew once this node is gone.
func (s *Server) handOver(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, drainBudget)
	defer cancel()
	if err := s.journal.Drain(ctx); err != nil {
		s.logger.Warn("not all leaderships were handed over", "err", err)
	}
}

// letClientsGo ends the sessions that there are, unless the drain is undone or ctx ends.
func (s *Server) letClientsGo(ctx context.Context) {
	sockets := s.sockets.Load()
	if sockets == nil {
		return // the edge is not open yet
	}
	sockets.LetGo(ctx, goTime)
}

// signal is a channel that holds one notice.
type signal chan struct{}

func (c signal) notify() {
	select {
	case c <- struct{}{}:
	default:
	}
}
