package link

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

func TestAsk_WorksEitherWayOpenOrNot(t *testing.T) {
	a, b := newNode(t, "a", loopback(t), quick), newNode(t, "b", loopback(t), quick)
	introduce(a, b)
	for _, open := range []bool{false, true} {
		for _, c := range []struct{ from, to *node }{{a, b}, {b, a}} {
			got := c.from.mustAsk(t, c.to.name)
			if got.Node != c.to.name || got.NodeHostId != "host of "+c.to.name || got.Version != version || len(got.Nonce) != nonceLen {
				t.Errorf("open %v: %s says %v", open, c.to.name, got)
			}
		}
		if !open && (a.up("b") || b.up("a")) {
			t.Error("asking made a link")
		}
		a.Open()
		b.Open()
		a.await(t, "up b", 1)
	}
	if got := a.eventsOf("b"); len(got) != 1 {
		t.Errorf("asking disturbed the link: %v", got)
	}
}

func TestAsk_Fails(t *testing.T) {
	nobody := loopback(t)
	nobody.Close()
	mute := loopback(t) // accepted by the system, never by a process
	defer mute.Close()
	a := newNode(t, "a", loopback(t), func(o *Options) {
		o.Peers = map[string]string{"b": nobody.Addr().String(), "m": mute.Addr().String()}
		o.times.handshake = 50 * time.Millisecond
	})
	for peer, want := range map[string]im.ErrorKind{"b": im.Unavailable, "m": im.Unavailable, "x": im.NotFound, "a": im.NotFound} {
		_, err := a.Ask(t.Context(), peer)
		wantKind(t, err, want)
	}
	a.Close()
	_, err := a.Ask(t.Context(), "m")
	wantKind(t, err, im.Unavailable)
}

func TestAsk_IsRefusedInOneLine(t *testing.T) {
	a := newNode(t, "a", loopback(t), nil)
	b := newNode(t, "b", loopback(t), func(o *Options) { o.Secret = []byte("another") })
	picky := newNode(t, "c", loopback(t), func(o *Options) { o.Check = func(*pb.Hello) error { return errors.New("no") } })
	introduce(a, b, picky)
	_, err := a.Ask(t.Context(), "b")
	wantKind(t, err, im.NotPermitted)
	if err == nil || !strings.Contains(err.Error(), "secrets of b and") || strings.Contains(err.Error(), "\n") {
		t.Errorf("the error is %v", err)
	}
	a.mustAsk(t, "c")
}
