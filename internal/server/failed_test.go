package server

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
)

// When both listeners break and nobody listens, neither waits to be heard of: what serves on them ends. The node can be
// closed all the same, and each is named to whoever asks then.
//
// Checked by breaking it: with room for one the second waits for ever.
func TestFailed_NoListenerWaitsToBeHeardOf(t *testing.T) {
	t.Parallel()
	const anywhere = "127.0.0.1:0"
	opts := Options{Listen: anywhere, AdminListen: anywhere, RaftListen: anywhere, ActorListen: anywhere, Logger: slog.New(slog.DiscardHandler)}
	opts.EnsureDefaults()
	s := newServer(opts)
	if err := s.takePorts(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*port{s.clients, s.operators} {
		if err := p.Listener.Close(); err != nil {
			t.Fatal(err)
		}
	}
	servertest.Eventually(t, "two failures are there", func() bool { return len(s.failed) == 2 })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
	named := (<-s.Failed()).Error() + "\n" + (<-s.Failed()).Error()
	for _, want := range []string{"listen listener: ", "admin-listen listener: "} {
		if !strings.Contains("\n"+named, "\n"+want) {
			t.Errorf("%q is not in %q", want, named)
		}
	}
}
