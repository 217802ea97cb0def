package link

import (
	"errors"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Connections that say nothing take no more than the places there are, goroutines included, and keep nobody out: the
// oldest goes when another one comes. The bound is 4 here, and their handshakes have all the time in the world.
//
// Checked by breaking it: b's Ask times out when tryEnter makes the newest go, and the count is wrong when enter does not
// look at the bound.
func TestDoor_FloodIsBoundedAndKeepsNobodyOut(t *testing.T) {
	const places, flood = 4, 200
	a := newNode(t, "a", loopback(t), func(o *Options) { o.maxGuests, o.times.handshake = places, 2*patience })
	b := newNode(t, "b", loopback(t), quick)
	introduce(a, b)
	before := runtime.NumGoroutine()
	var conns []net.Conn
	for range flood {
		conns = append(conns, connect(t, a))
	}
	for _, conn := range conns[:flood-places] {
		wantClosed(t, conn)
	}
	if more := runtime.NumGoroutine() - before; more > places+1 {
		t.Errorf("%d goroutines for %d places", more, places)
	}
	b.mustAsk(t, "a")
	a.Open()
	b.Open()
	b.await(t, "up a", 1)
	last := conns[flood-1]
	last.SetReadDeadline(time.Now().Add(time.Millisecond))
	if _, err := last.Read(make([]byte, 1)); !isTimeout(err) {
		t.Errorf("the last of the flood, which nobody drove out: %v", err)
	}
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// Links are not in anybody's way at the door: a flood that fills it many times over leaves them up.
func TestDoor_FloodLeavesLinksUp(t *testing.T) {
	a, b := pair(t, func(o *Options) { o.maxGuests = 2 })
	for range 50 {
		connect(t, b)
	}
	a.mustSend(t, "b", &pb.Frame{Number: 1})
	b.await(t, "got a", 1)
	if got := b.eventsOf("a"); len(got) != 1 {
		t.Errorf("the link noticed: %v", got)
	}
}

// A listener that fails for a while, as it does without descriptors, is tried again, and logged once.
func TestAccept_GoesOnAfterErrors(t *testing.T) {
	ln := &failing{Listener: loopback(t), left: 3}
	b := newNode(t, "b", ln, quick)
	a := newNode(t, "a", loopback(t), quick)
	introduce(a, b)
	a.mustAsk(t, "b")
	if got := strings.Count(b.log.String(), "no descriptors"); got != 1 {
		t.Errorf("logged %d times:\n%s", got, b.log)
	}
}

// failing is a listener that fails a few times.
type failing struct {
	net.Listener
	left int
}

func (f *failing) Accept() (net.Conn, error) {
	if f.left > 0 {
		f.left--
		return nil, errors.New("no descriptors")
	}
	return f.Listener.Accept()
}
