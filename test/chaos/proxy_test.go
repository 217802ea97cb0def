package chaos

import (
	"bufio"
	"fmt"
	"net"
	"testing"
	"time"
)

// line is a connection from one who dials to one who listens, through a cable.
type line struct {
	t           *testing.T
	cable       *cable
	near, far   net.Conn
	toFar, back *bufio.Reader // what far, and near, read
}

func newLine(t *testing.T) *line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	n := &line{t: t, cable: newCable(t, l.Addr().String(), newGate(), newGate())}
	if n.near, err = net.Dial("tcp", n.cable.addr()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.near.Close() })
	if n.far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.far.Close() })
	n.toFar, n.back = bufio.NewReader(n.far), bufio.NewReader(n.near)
	return n
}

// carries says something on from and returns how long it took until r had it; it ends the test when that takes for ever.
func (n *line) carries(from net.Conn, r *bufio.Reader) time.Duration {
	n.t.Helper()
	began := time.Now()
	if _, err := fmt.Fprintln(from, "hi"); err != nil {
		n.t.Fatal(err)
	}
	if text, err := r.ReadString('\n'); err != nil || text != "hi\n" {
		n.t.Fatalf("got %q, %v", text, err)
	}
	return time.Since(began)
}

// One way that is held carries nothing, while the other does; what was held arrives when it is released.
func TestCable_HoldsOneWay(t *testing.T) {
	n := newLine(t)
	n.carries(n.near, n.toFar)
	n.cable.there.hold()
	if _, err := fmt.Fprintln(n.near, "held"); err != nil {
		t.Fatal(err)
	}
	n.carries(n.far, n.back)
	if err := n.far.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if text, err := n.toFar.ReadString('\n'); err == nil {
		t.Fatalf("heard %q, which was held", text)
	}
	if err := n.far.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	n.cable.there.release()
	if text, err := n.toFar.ReadString('\n'); err != nil || text != "held\n" {
		t.Fatalf("got %q, %v, want what was held", text, err)
	}
}

// What goes a slow way is late, whatever goes the other way is not.
func TestCable_IsSlowOneWay(t *testing.T) {
	n := newLine(t)
	const late = 300 * time.Millisecond
	n.cable.there.slow(late)
	if took := n.carries(n.near, n.toFar); took < late {
		t.Errorf("took %v, want %v at least", took, late)
	}
	n.cable.there.slow(0)
	n.carries(n.near, n.toFar)
	n.carries(n.far, n.back)
}

// A cable that is cut breaks what goes through it and refuses what comes; one that was mended does neither.
func TestCable_CutsAndMends(t *testing.T) {
	n := newLine(t)
	n.cable.cut()
	if _, err := n.back.ReadString('\n'); err == nil {
		t.Error("the connection goes on")
	}
	c, err := net.Dial("tcp", n.cable.addr())
	if err == nil {
		if _, err = bufio.NewReader(c).ReadByte(); err == nil {
			t.Error("a new connection carries")
		}
		_ = c.Close()
	}
	n.cable.mend()
	if c, err = net.Dial("tcp", n.cable.addr()); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
}
