package server

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/parley-im/parley/cluster/roster"
)

// introduceEvery is how often a node asks members to which it has no link.
const introduceEvery = time.Second

// introduce asks the members to which there is no link, and one of the others, again and again until ctx ends. So they learn where
// this node is when it has moved; and this node learns that it was removed while it was away, or before it read that in the
// record, which it may not reach any more; and that it has another secret than all others.
func (s *Server) introduce(ctx context.Context) {
	tick := time.NewTicker(introduceEvery)
	defer tick.Stop()
	var since, said time.Time
	turn := 0
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		s.askAround(ctx, turn)
		turn++
		why := s.refusedByAll()
		switch {
		case why == "":
			since = time.Time{}
		case since.IsZero():
			since = time.Now()
		case time.Since(since) > 2*introduceEvery && time.Since(said) > sayEvery:
			said = time.Now()
			s.logger.Error("no other member talks to this node", "why", why)
		}
	}
}

// askAround asks the members without a link, and of the others the one whose turn it is.
func (s *Server) askAround(ctx context.Context, turn int) {
	var asking sync.WaitGroup
	var linked []string
	ask := func(name string) {
		asking.Go(func() { s.ask(ctx, name) })
	}
	for _, l := range s.links.States() {
		if !l.Up {
			ask(l.Name)
			continue
		}
		linked = append(linked, l.Name)
	}
	if len(linked) > 0 {
		ask(linked[turn%len(linked)])
	}
	asking.Wait()
}

// ask asks a member how it stands with this node.
func (s *Server) ask(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(ctx, joinTime)
	defer cancel()
	hello, err := s.links.Ask(ctx, name)
	if err != nil || hello.GetCluster() != s.journal.Cluster() {
		return
	}
	if r := hello.GetRoster(); r.GetRemoved() {
		s.removed()
	} else if r.GetLeft() {
		s.leave(roster.Decoded(r.GetMembers()))
	}
}

// refusedByAll says why all other members, and this node, refuse each other; "" when one does not.
func (s *Server) refusedByAll() string {
	var whys []string
	for _, l := range s.links.States() {
		if l.Up || l.Refused == "" {
			return ""
		}
		whys = append(whys, fmt.Sprintf("%s: %s", l.Name, l.Refused))
	}
	slices.Sort(whys)
	return strings.Join(whys, "; ")
}
