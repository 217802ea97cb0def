package link

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	pb "github.com/parley-im/parley/proto/parley/v1"
)

// oneLink starts a, with a link to a peer "b" that the test plays.
func oneLink(t *testing.T, change func(*Options)) (a *node, b net.Conn) {
	t.Helper()
	n := newNetwork()
	a = newNode(t, "a", n.listen("a"), func(o *Options) {
		n.use(o)
		if change != nil {
			change(o)
		}
	})
	ln := n.listen("b")
	a.SetPeer("b", "b")
	a.Open()
	b = answerAs(t, ln, "b", "a")
	ln.Close()
	a.await(t, "up b", 1)
	return a, b
}

// wantDownAfter checks how long it takes until the link to b is down, or, if that is 0, that it is up after a minute.
func wantDownAfter(t *testing.T, a *node, want time.Duration) {
	t.Helper()
	if want == 0 {
		<-time.After(time.Minute)
		if got := a.eventsOf("b"); len(got) != 1 {
			t.Errorf("b is said to be silent: %v", got)
		}
		return
	}
	began := time.Now()
	a.await(t, "down b", 1)
	if took := time.Since(began); took != want {
		t.Errorf("it took %v, want %v", took, want)
	}
}

// A peer that reads and says nothing is down after a second, no sooner and no later.
func TestSilence_PeerThatSaysNothingIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := oneLink(t, nil)
		defer b.Close()
		go io.Copy(io.Discard, b)
		wantDownAfter(t, a, time.Second)
		a.awaitLog(t, "the peer is silent")
	})
}

// A peer that speaks and takes nothing is down a second after something was written: the keepalive, after 200 ms.
//
// Checked by breaking it: it stays up for ever when writes have no deadline.
func TestSilence_PeerThatTakesNothingIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := oneLink(t, nil)
		go speak(t, b, 200*time.Millisecond)
		wantDownAfter(t, a, 1200*time.Millisecond)
		b.Close()
	})
}

// speak sends signs of life until the connection is closed, or the test ends.
func speak(t *testing.T, conn net.Conn, every time.Duration) {
	for pause(t, every) {
		if _, err := conn.Write(signOfLife[:]); err != nil {
			return
		}
	}
}

// pause lets time pass, and returns false when the test ends.
func pause(t *testing.T, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-t.Context().Done():
		return false
	}
}

// A peer that says a byte now and then lives, however long one frame takes.
func TestSilence_AnyByteIsASignOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := oneLink(t, nil)
		frame, err := appendFrame(nil, mail(1, 1000), 1006)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			defer b.Close()
			for i := 0; i < len(frame) && pause(t, 900*time.Millisecond); i++ {
				b.Write(frame[i : i+1])
			}
		}()
		go io.Copy(io.Discard, b)
		wantDownAfter(t, a, 0)
	})
}

// sip takes a byte of what a sends now and then, until the connection is closed, or the test ends.
func sip(t *testing.T, conn net.Conn, every time.Duration) {
	for one := make([]byte, 1); pause(t, every); {
		if _, err := conn.Read(one); err != nil {
			return
		}
	}
}

// A peer that speaks, and takes a byte of what is written now and then, is down ten seconds after that was begun. One that takes
// all of it within that time lives.
//
// Checked by breaking it: without maxPieces the link is up for ever.
func TestSilence_PeerThatTakesTooLittleIsDown(t *testing.T) {
	for every, want := range map[time.Duration]time.Duration{
		200 * time.Millisecond: 10 * time.Second,
		5 * time.Millisecond:   0,
	} {
		synctest.Test(t, func(t *testing.T) {
			a, b := oneLink(t, nil)
			defer b.Close()
			go speak(t, b, 200*time.Millisecond)
			go sip(t, b, every)
			a.mustSend(t, "b", mail(1, 1000))
			wantDownAfter(t, a, want)
			if want > 0 {
				a.awaitLog(t, "too slowly")
			}
		})
	}
}

// Nothing is sent for a minute: both sides of a link live by their signs of life, one in 200 ms each.
func TestSilence_IdleLinkLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := oneLink(t, nil)
		defer b.Close()
		go speak(t, b, 200*time.Millisecond)
		var heard int64
		go func() { heard, _ = io.Copy(io.Discard, b) }()
		wantDownAfter(t, a, 0)
		b.Close()
		synctest.Wait()
		if signs := heard / frameHead; signs < 299 || signs > 301 {
			t.Errorf("a gave %d signs of life in a minute, want 300", signs)
		}
	})
}

// A Receive that takes ten seconds does not make its peer silent: what the peer said meanwhile is waiting.
//
// Checked by breaking it: it is down when the read's deadline is counted from the last read.
func TestSilence_SlowReceiveIsNotThePeersSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := oneLink(t, func(o *Options) {
			receive := o.Receive
			o.Receive = func(from string, f *pb.Frame) {
				<-time.After(10 * time.Second)
				receive(from, f)
			}
		})
		defer b.Close()
		go io.Copy(io.Discard, b)
		go speak(t, b, 200*time.Millisecond)
		b.Write([]byte{0, 0, 0, 2, 0x08, 1})
		wantDownAfter(t, a, 0)
		if a.count("got b") != 1 {
			t.Error("the frame is not there")
		}
	})
}

// A handshake that is never finished ends when its time is up, with nothing left behind: who dials and says nothing, and
// whoever is dialled and says nothing.
func TestHandshake_TakesTwoSecondsAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		a := newNode(t, "a", n.listen("a"), n.use)
		mute := n.listen("b")
		a.SetPeer("b", "b")
		began := time.Now()
		conn, err := n.dial(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("who dials and says nothing is cut after %v", took)
		}
		go mute.Accept()
		began = time.Now()
		if _, err := a.Ask(t.Context(), "b"); err == nil || time.Since(began) != 2*time.Second {
			t.Errorf("a mute peer: %v after %v", err, time.Since(began))
		}
	})
}

// The pauses between attempts are doubled, up to a second, each between half of it and all.
func TestBackoff_DoublesToASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackoff(usualTimes)
		wait := func() time.Duration {
			began := time.Now()
			b.wait(t.Context(), nil)
			return time.Since(began)
		}
		for _, want := range []time.Duration{20, 40, 80, 160, 320, 640, 1000, 1000} {
			if got := wait(); got < want*time.Millisecond/2 || got > want*time.Millisecond {
				t.Errorf("waited %v, want half of %d ms to all", got, want)
			}
		}
		b.reset()
		if got := wait(); got > 20*time.Millisecond {
			t.Errorf("after a reset: %v", got)
		}
	})
}

// Of a peer, one line is logged until its trouble changes, one in two seconds whatever changes, and the same again after
// a link.
func TestComplaints_AreNoStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newComplaints(newNode(t, "n", newNetwork().listen("n"), nil).opts.Logger, usualTimes.hush)
		for i, step := range []struct {
			wait time.Duration
			peer string
			text string
			want bool
		}{
			{0, "a", "x", true},
			{time.Hour, "a", "x", false},
			{0, "a", "y", true},
			{time.Second, "a", "x", false},
			{0, "b", "x", true},
			{0, "", "x", true},
			{time.Second, "a", "x", true},
		} {
			<-time.After(step.wait)
			if got := c.due(step.peer, step.text); got != step.want {
				t.Errorf("step %d: due is %v", i, got)
			}
		}
		c.forget("a")
		if !c.due("a", "x") {
			t.Error("not due after a link")
		}
	})
}
