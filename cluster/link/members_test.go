package link

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// A peer that is removed has its Down before RemovePeer returns, is refused when it comes again, and can be added again under the
// same name, with a link of its own.
//
// Checked by breaking it: when RemovePeer does not wait, Down is often missing.
func TestRemovePeer_EndsItsLinkAndItCanComeAgain(t *testing.T) {
	for _, gone := range []string{"a", "b"} { // who dials, and who is dialled
		a, b := pair(t, quick)
		stays, goes := a, b
		if gone == "a" {
			stays, goes = b, a
		}
		stays.RemovePeer(gone)
		stays.RemovePeer(gone)
		if got := stays.eventsOf(gone); !slices.Equal(got, []string{"up", "down"}) {
			t.Errorf("of %s: %v when RemovePeer has returned", gone, got)
		}
		if err := stays.Send(gone, mail(1, 1)); im.KindOf(err) != im.Unavailable {
			t.Errorf("a frame for %s: %v", gone, err)
		}
		if len(stays.States()) != 0 {
			t.Errorf("states: %v", stays.States())
		}
		goes.await(t, "down "+stays.name, 1)
		if gone == "a" {
			goes.awaitLog(t, "is no peer of b")
		}
		introduce(stays, goes)
		stays.await(t, "up "+gone, 2)
		goes.await(t, "up "+stays.name, 2)
	}
}

// A link that is ended is made anew, after both were checked once more.
func TestEndLink_PeerProvesItselfAnew(t *testing.T) {
	a, b := pair(t, quick)
	a.EndLink("b")
	a.await(t, "up b", 2)
	b.await(t, "up a", 2)
	a.EndLink("nobody")
}

// Who asks need not be known, only know the secret: it is told what the listener says of itself, to whom it says it, and the
// listener hears of it then, once. Whoever does not know the secret is not heard of.
//
// Checked by breaking it: with Asked before the proof the stranger is heard of.
func TestAskAddr_ServesWhoKnowsTheSecret(t *testing.T) {
	asked := make(chan string, 8)
	b := newNode(t, "b", loopback(t), func(o *Options) {
		o.Hello = func(peer *pb.Hello) *pb.Hello { return &pb.Hello{Cluster: "of b, for " + peer.GetNode()} }
		o.Asked = func(peer *pb.Hello) { asked <- peer.GetNode() + " at " + peer.GetJoin().GetRaft() }
	})
	b.Open()
	guest := newNode(t, "guest", loopback(t), func(o *Options) {
		o.Hello = func(*pb.Hello) *pb.Hello { return &pb.Hello{Join: &pb.Place{Raft: "here:1"}} }
	})
	stranger := newNode(t, "stranger", loopback(t), func(o *Options) { o.Secret = []byte("a guess") })
	_, err := stranger.AskAddr(t.Context(), b.opts.Listener.Addr().String())
	wantKind(t, err, im.NotPermitted)
	hello, err := guest.AskAddr(t.Context(), b.opts.Listener.Addr().String())
	if err != nil || hello.GetNode() != "b" || hello.GetCluster() != "of b, for guest" {
		t.Errorf("told %v, %v", hello, err)
	}
	if got := <-asked; got != "guest at here:1" || len(asked) > 0 {
		t.Errorf("b heard of %q and %d more", got, len(asked))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = guest.AskAddr(ctx, b.opts.Listener.Addr().String())
	wantKind(t, err, im.Unavailable)
}

// What keeps a link from coming up is told with its state, at both ends, until it comes up.
func TestStates_TellOfRefusals(t *testing.T) {
	secret := func(s string) func(*Options) {
		return func(o *Options) { quick(o); o.Secret = []byte(s) }
	}
	a, b := newNode(t, "a", loopback(t), secret("one")), newNode(t, "b", loopback(t), secret("another"))
	introduce(a, b)
	a.Open()
	b.Open()
	for _, n := range []*node{a, b} {
		eventually(t, n.name+" knows why", func() bool { return strings.Contains(n.States()[0].Refused, "cluster secrets") })
	}
	c, d := pair(t, quick)
	if c.States()[0].Refused+d.States()[0].Refused != "" {
		t.Errorf("links that are up: %v, %v", c.States(), d.States())
	}
}
