package connect

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/parley-im/parley/bench/swarm"
)

// sockets is a crowd of WebSockets. It is also the Ear of its swarm.
type sockets struct {
	desk  *desk
	swarm *swarm.Swarm // nil = not connected
}

func (s *sockets) connect(ctx context.Context) (err error) {
	r := s.desk.run
	var connected atomic.Int64
	s.swarm, err = swarm.Open(ctx, swarm.Options{
		URL: r.node.URL, App: r.node.App, Key: r.node.Key, Revision: r.opts.Revision, Members: r.opts.Members, User: user,
		NoLogin: true,
		NewEar:  func() swarm.Ear { return s },
		OnLogin: func() { r.progress("connecting", connected.Add(1)) },
		OnEnd:   func(member int, reason error) { s.desk.fail(fmt.Errorf("%s was cut off: %w", user(member), reason)) },
	})
	return err
}

func (s *sockets) logIn(ctx context.Context) error {
	return s.desk.logIn(ctx, func(member int) error { return s.swarm.Send(member, []byte("40/chat,")) })
}

func (s *sockets) leave(bool) { s.swarm.Cut() }

func (s *sockets) close() {
	if s.swarm != nil {
		s.swarm.Close()
	}
}

// Begin implements swarm.Ear.
func (s *sockets) Begin() {}

// End implements swarm.Ear.
func (s *sockets) End() {}

// Hear implements swarm.Ear.
func (s *sockets) Hear(member int, packet []byte) { s.desk.hear(member, packet) }
