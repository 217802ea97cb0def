package link

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/cluster/certs/certstest"
)

// stranger makes a link of a's, by TLS, with somebody who answers as b, and returns b's end of it.
func stranger(t *testing.T, silence time.Duration) (a *node, b net.Conn) {
	t.Helper()
	ca := certstest.NewCA(t)
	a = newNode(t, "a", loopback(t), func(o *Options) {
		quick(o)
		o.Credentials = issued(t, ca, here)
		o.times.silence = silence
	})
	ln := loopback(t)
	t.Cleanup(func() { ln.Close() })
	a.SetPeer("b", ln.Addr().String())
	a.Open()
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	h := impostor(conn, listener, "b", "a secret", "a")
	h.links.opts.Credentials = issued(t, ca, here)
	if err := h.secure(""); err != nil {
		t.Fatal(err)
	}
	if up, err := h.listen(); !up || err != nil {
		t.Fatalf("up %v, %v", up, err)
	}
	a.await(t, "up b", 1)
	return a, h.conn
}

// lives says so to a until the test ends, or a hears nothing any more.
func lives(t *testing.T, b net.Conn) {
	t.Helper()
	var living sync.WaitGroup
	over := make(chan struct{})
	living.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			if _, err := b.Write(signOfLife[:]); err != nil {
				return
			}
			select {
			case <-tick.C:
			case <-over:
				return
			}
		}
	})
	t.Cleanup(func() { close(over); b.Close(); living.Wait() })
}

// A peer that lives and takes nothing is down after a silence, and Close does not wait until TLS has said its last word, for which there is no
// room.
//
// Checked by breaking it: the link stays up when the connection below TLS is not patient.
func TestTLS_PeerThatTakesNothingIsDown(t *testing.T) {
	a, b := stranger(t, 200*time.Millisecond)
	lives(t, b)
	for a.Send("b", mail(1, 1<<20)) == nil { // until there is no room, or no link
	}
	a.await(t, "down b", 1)
	began := time.Now()
	a.Close()
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("Close took %v", took)
	}
	a.awaitLog(t, errSilent.Error())
}

// A peer that takes nothing for a while, less than a silence, then gets all that was written: that a write ran out of time in between, and was gone
// on with, has not broken TLS.
//
// Checked by breaking it: the link is reset when patience is above TLS, not below.
func TestTLS_PeerThatIsSlowGetsAll(t *testing.T) {
	const frames = 14
	silence := 4 * time.Second
	a, b := stranger(t, silence)
	lives(t, b)
	for i := range frames {
		a.mustSend(t, "b", mail(uint64(i+1), 1<<20))
	}
	p := a.peer("b")
	p.mu.Lock()
	s := p.mu.session
	p.mu.Unlock()
	eventually(t, "a write has run out of time", func() bool { return s.conn.spent.Load() >= int64(silence/pieces) })
	r := newFrameReader(b)
	for i := range frames {
		f, err := r.next()
		if err != nil || f.GetNumber() != uint64(i+1) || len(f.GetMail().GetTo()) != 1<<20 {
			t.Fatalf("frame %d is %d, of %d bytes, %v; log:\n%s", i+1, f.GetNumber(), len(f.GetMail().GetTo()), err, a.log)
		}
	}
}
