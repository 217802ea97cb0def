package link

import (
	"errors"
	"net"
	"testing"

	pb "github.com/parley-im/parley/proto/parley/v1"
)

func TestHandshake_SecondConnectionReplacesTheLinkWhenProven(t *testing.T) {
	b := newNode(t, "b", loopback(t), func(o *Options) {
		o.Peers = map[string]string{"a": "unused:1"}
		o.times.silence = 2 * patience // the first connection says nothing more
	})
	b.Open()
	if err := dialAs(connect(t, b), "a", "a secret"); err != nil {
		t.Fatal(err)
	}
	b.await(t, "up a", 1)
	if err := dialAs(connect(t, b), "a", "a guess"); err == nil {
		t.Fatal("a guess passed")
	}
	half := connect(t, b)
	h := impostor(half, dialler, "a", "a secret", "b")
	if err := errors.Join(h.greet(), h.meet(), h.prove(true)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.proven(); err != nil {
		t.Fatal(err)
	}
	if got := b.eventsOf("a"); len(got) != 1 {
		t.Errorf("after handshakes that were not finished: %v", got)
	}
	if err := writeWord(half, &pb.Proof{Open: true}); err != nil {
		t.Fatal(err)
	}
	b.await(t, "up a", 2)
	b.wantPaired(t, "a")
	half.Write([]byte{0, 0, 0, 2, 0x08, 5})
	b.await(t, "got a", 1)
}

func TestOffer_NewestWaitsAlone(t *testing.T) {
	goOn := make(chan struct{})
	b := newNode(t, "b", loopback(t), func(o *Options) {
		o.Peers = map[string]string{"a": "unused:1"}
		receive := o.Receive
		o.Receive = func(from string, f *pb.Frame) {
			receive(from, f)
			<-goOn
		}
	})
	b.Open()
	offered := func() bool { return len(b.peer("a").offers) == 1 }
	var conns [3]net.Conn
	for i := range conns {
		conns[i] = connect(t, b)
		if err := dialAs(conns[i], "a", "a secret"); err != nil {
			t.Fatal(err)
		}
		conns[i].Write([]byte{0, 0, 0, 2, 0x08, byte(i + 1)})
		if i == 0 {
			b.await(t, "got a", 1)
		} else {
			eventually(t, "a connection waits", offered)
		}
	}
	wantClosed(t, conns[1])
	close(goOn)
	b.await(t, "got a", 2)
	if got := b.framesOf("a"); got[1].Number != 3 {
		t.Errorf("frame %d came from the second link, want that of the newest connection", got[1].Number)
	}
	b.wantPaired(t, "a")
}
