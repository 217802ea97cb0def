package link

import (
	"fmt"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Three nodes, each of which sends to both others: every frame arrives as it was sent, from whom it came.
func TestLinks_CarryFramesBetweenAll(t *testing.T) {
	nodes := []*node{newNode(t, "n1", loopback(t), nil), newNode(t, "n2", loopback(t), nil), newNode(t, "n3", loopback(t), nil)}
	introduce(nodes...)
	for _, n := range nodes {
		n.Open()
	}
	each := func(do func(from, to *node)) {
		for _, from := range nodes {
			for _, to := range nodes {
				if from != to {
					do(from, to)
				}
			}
		}
	}
	sent := func(from, to *node) *pb.Frame {
		return &pb.Frame{Number: 7, Body: &pb.Frame_Mail{Mail: &pb.Mail{To: to.name, Sender: from.name}}}
	}
	each(func(from, to *node) {
		from.await(t, "up "+to.name, 1)
		from.mustSend(t, to.name, sent(from, to))
	})
	each(func(from, to *node) {
		to.await(t, "got "+from.name, 1)
		if got := to.framesOf(from.name)[0]; !proto.Equal(got, sent(from, to)) {
			t.Errorf("%s got %v from %s, want %v", to.name, got, from.name, sent(from, to))
		}
	})
}

// Frames of any length, from both sides at once, arrive in order, whole, each once. Lengths are drawn on both sides of
// the bounds in the code: an empty mail, the read buffer, and the longest frame now and then.
//
// Checked by breaking it: it fails when add puts a frame before what waits.
func TestLinks_KeepOrderAndLoseNothing(t *testing.T) {
	a, b := pair(t, nil)
	lengths := rapid.OneOf(rapid.IntRange(0, 300), rapid.IntRange(readBuffer-40, readBuffer+40), rapid.IntRange(0, 1<<20))
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(lengths, 1, 60).Draw(t, "sizes")
		before := b.count("got a")
		for i, size := range sizes {
			sendWhenThereIsRoom(t, a, "b", mail(uint64(i+1), size))
			sendWhenThereIsRoom(t, b, "a", mail(uint64(i+1), size))
		}
		for _, side := range []struct {
			n    *node
			from string
		}{{a, "b"}, {b, "a"}} {
			side.n.await(t, "got "+side.from, before+len(sizes))
			for i, f := range side.n.framesOf(side.from)[before:] {
				if f.Number != uint64(i+1) || len(f.GetMail().To) != sizes[i] {
					t.Fatalf("frame %d from %s: number %d, %d bytes, want %d bytes", i+1, side.from, f.Number, len(f.GetMail().To), sizes[i])
				}
			}
		}
	})
}

func sendWhenThereIsRoom(t tester, n *node, to string, f *pb.Frame) {
	t.Helper()
	eventually(t, "room for a frame to "+to, func() bool {
		err := n.Send(to, f)
		if err != nil && im.KindOf(err) != im.Overloaded {
			t.Fatal(err)
		}
		return err == nil
	})
}

// The longest frame passes; one byte more is refused by Send, and the link lives.
func TestLinks_LongestFrame(t *testing.T) {
	a, b := pair(t, nil)
	longest := mail(0, 0)
	longest.GetMail().To = mail(0, MaxFrameBytes-proto.Size(mail(0, 1<<22))+1<<22).GetMail().To
	if got := proto.Size(longest); got != MaxFrameBytes {
		t.Fatalf("the frame has %d bytes, not %d", got, MaxFrameBytes)
	}
	tooLong := proto.CloneOf(longest)
	tooLong.GetMail().To += "x"
	wantKind(t, a.Send("b", tooLong), im.TooLong)
	a.mustSend(t, "b", longest)
	b.await(t, "got a", 1)
	if got := b.framesOf("a")[0]; !proto.Equal(got, longest) {
		t.Errorf("another frame of %d bytes arrived", proto.Size(got))
	}
}

// A frame that is no proper one is refused by Send, and leaves no trace in what is sent after it. An empty frame is not
// received.
func TestSend_WhatCannotBeEncodedIsRefused(t *testing.T) {
	a, b := pair(t, nil)
	wantKind(t, a.Send("b", &pb.Frame{Number: 1, Body: &pb.Frame_Mail{Mail: &pb.Mail{To: "a", Sender: "\xff"}}}), im.Invalid)
	a.mustSend(t, "b", &pb.Frame{})
	a.mustSend(t, "b", &pb.Frame{Number: 2})
	b.await(t, "got a", 1)
	if got := b.framesOf("a"); len(got) != 1 || got[0].Number != 2 {
		t.Errorf("%v arrived, want number 2 alone", got)
	}
}

// Without a link there is nothing to send by: before Open, to itself, to strangers, and after Close.
func TestSend_WithoutALinkIsUnavailable(t *testing.T) {
	a, b := newNode(t, "a", loopback(t), quick), newNode(t, "b", loopback(t), quick)
	introduce(a, b)
	for _, to := range []string{"a", "b", "c"} {
		wantKind(t, a.Send(to, &pb.Frame{Number: 1}), im.Unavailable)
	}
	a.Open()
	b.Open()
	a.await(t, "up b", 1)
	a.mustSend(t, "b", &pb.Frame{Number: 1})
	a.Close()
	wantKind(t, a.Send("b", &pb.Frame{Number: 1}), im.Unavailable)
}

// Up comes before the first frame, Down after the last, and they take turns, however often b goes and comes back. b sends
// from within Up, so frames are there as early as can be. a's own Close ends with a Down.
func TestLinks_UpAndDownTakeTurns(t *testing.T) {
	a := newNode(t, "a", loopback(t), quick)
	at := loopback(t)
	addr := at.Addr().String()
	const lives = 5
	for life := range lives {
		if life > 0 {
			at = listenAt(t, addr)
		}
		var b *node
		ready := make(chan struct{})
		b = newNode(t, "b", at, func(o *Options) {
			quick(o)
			o.Up = func(peer string) {
				<-ready
				b.note("up " + peer)
				b.mustSend(t, peer, &pb.Frame{Number: uint64(life + 1)})
			}
		})
		close(ready)
		introduce(a, b)
		a.Open()
		b.Open()
		a.await(t, "got b", life+1)
		b.Close()
		b.wantPaired(t, "a")
		a.await(t, "down b", life+1)
	}
	a.Close()
	a.wantPaired(t, "b")
	a.mu.Lock()
	defer a.mu.Unlock()
	if want := slices.Repeat([]string{"up b", "got b", "down b"}, lives); !slices.Equal(a.mu.events, want) {
		t.Errorf("a saw %v, want %v", a.mu.events, want)
	}
}

// However long Up takes, no frame is received before it has returned; Down is called when the last Receive has, and Close
// waits for it. Meanwhile Send works from the moment Up is called.
//
// Checked by breaking it: it fails when serve reads while Up is called, and when Close does not wait.
func TestLinks_CallbacksDoNotOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		b := newNode(t, "b", n.listen("b"), n.use)
		var a *node
		a = newNode(t, "a", n.listen("a"), func(o *Options) {
			n.use(o)
			o.Up = func(peer string) {
				a.mustSend(t, peer, mail(1, 1))
				<-time.After(200 * time.Millisecond)
				a.note("up " + peer)
			}
			o.Receive = func(peer string, _ *pb.Frame) {
				<-time.After(100 * time.Millisecond)
				a.note("got " + peer)
			}
			o.Down = func(peer string) {
				<-time.After(100 * time.Millisecond)
				a.note("down " + peer)
			}
		})
		a.SetPeer("b", "b")
		b.SetPeer("a", "a")
		b.Open()
		a.Open()
		b.await(t, "got a", 1)
		b.mustSend(t, "a", mail(1, 1))
		<-time.After(250 * time.Millisecond) // the frame is being received
		a.Close()
		if want := []string{"up b", "got b", "down b"}; !slices.Equal(a.mu.events, want) {
			t.Errorf("a saw %v, want %v", a.mu.events, want)
		}
	})
}

// listenAt listens where somebody listened a moment ago.
func listenAt(t testing.TB, addr string) (ln net.Listener) {
	t.Helper()
	eventually(t, "a listener at "+addr, func() (ok bool) {
		var err error
		ln, err = net.Listen("tcp", addr)
		return err == nil
	})
	return ln
}

// Of a pair the smaller name dials, and makes one connection: the other accepts it and dials nobody.
func TestLinks_SmallerNameDialsOneConnection(t *testing.T) {
	var atA, atB atomic.Int64
	a := newNode(t, "a", counted{loopback(t), &atA}, quick)
	b := newNode(t, "b", counted{loopback(t), &atB}, quick)
	introduce(a, b)
	b.Open()
	a.Open()
	a.await(t, "up b", 1)
	b.await(t, "up a", 1)
	b.mustSend(t, "a", &pb.Frame{Number: 1})
	a.await(t, "got b", 1)
	if atA.Load() != 0 || atB.Load() != 1 {
		t.Errorf("a accepted %d connections, b %d; want 0 and 1", atA.Load(), atB.Load())
	}
}

// counted counts the connections that a listener accepts.
type counted struct {
	net.Listener
	n *atomic.Int64
}

func (c counted) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.n.Add(1)
	}
	return conn, err
}

// There is no link until both sides are open, whoever opens first, and there is one then.
func TestOpen_NeedsBothSides(t *testing.T) {
	for _, first := range []string{"a", "b"} {
		t.Run(first+" opens first", func(t *testing.T) {
			var attempts atomic.Int64
			b := newNode(t, "b", counted{loopback(t), &attempts}, quick)
			a := newNode(t, "a", loopback(t), quick)
			introduce(a, b)
			if first == "a" {
				a.Open()
				eventually(t, "a dials b again and again", func() bool { return attempts.Load() > 5 })
			} else {
				b.Open()
				a.mustAsk(t, "b")
			}
			if len(a.eventsOf("b"))+len(b.eventsOf("a")) > 0 {
				t.Errorf("there is a link: %v, %v", a.eventsOf("b"), b.eventsOf("a"))
			}
			a.Open()
			b.Open()
			a.Open()
			a.await(t, "up b", 1)
			b.await(t, "up a", 1)
		})
	}
}

// A peer that gets another address is dialled there, at once; one that is added later comes up, too.
func TestSetPeer_MovesAndAdds(t *testing.T) {
	nobody := loopback(t)
	nobody.Close()
	a := newNode(t, "a", loopback(t), func(o *Options) {
		o.Peers = map[string]string{"b": nobody.Addr().String(), "a": "ignored:1"}
		o.times.minPause, o.times.maxPause = 2*patience, 2*patience // it would not dial again in time
	})
	b, c := newNode(t, "b", loopback(t), quick), newNode(t, "c", loopback(t), quick)
	introduce(b, c)
	for _, n := range []*node{a, b, c} {
		n.Open()
	}
	b.SetPeer("a", "unused:1") // b is dialled
	a.awaitLog(t, "refused")
	a.SetPeer("b", b.opts.Listener.Addr().String())
	a.await(t, "up b", 1)
	c.SetPeer("a", "unused:1")
	a.SetPeer("c", c.opts.Listener.Addr().String())
	a.await(t, "up c", 1)
	if got := fmt.Sprint(names(a.States())); got != "[b c]" {
		t.Errorf("a's peers are %s", got)
	}
}

func names(states []State) (names []string) {
	for _, s := range states {
		names = append(names, s.Name)
	}
	return names
}

// States say since when a peer is up or down, and where it is.
func TestStates_TellOfEachPeer(t *testing.T) {
	a, b := pair(t, quick)
	up := a.States()[0]
	if up.Name != "b" || !up.Up || up.Addr != b.opts.Listener.Addr().String() || up.Since.IsZero() {
		t.Errorf("up: %+v", up)
	}
	b.Close()
	a.await(t, "down b", 1)
	if down := a.States()[0]; down.Up || !down.Since.After(up.Since) || down.PendingBytes != 0 {
		t.Errorf("down: %+v, was up since %v", down, up.Since)
	}
}
