package server

import (
	"net"
	"testing"
	"time"
)

// A full crowd lets in the next one as soon as somebody leaves, once for each. Fails when guests do not say that they leave.
func TestCrowd_NextComesWhenSomebodyLeaves(t *testing.T) {
	t.Parallel()
	l, err := listen(t.Context(), "listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := newCrowd(l, 2)
	came := make(chan net.Conn)
	go func() {
		defer close(came)
		for nc, err := c.Accept(); err == nil; nc, err = c.Accept() {
			came <- nc
		}
	}()
	for range 4 {
		connect(t, l.Addr().String(), "")
	}
	first, second := await(t, came), await(t, came)
	for _, leaver := range []net.Conn{first, second} {
		if len(c.present) != 2 {
			t.Errorf("%d are present, want 2", len(c.present))
		}
		leaver.Close()               //nolint:errcheck // twice is as good as once
		leaver.Close()               //nolint:errcheck // as above
		defer await(t, came).Close() //nolint:errcheck // the test ends
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if nc := <-came; nc != nil {
		t.Error("somebody came to a closed crowd")
	}
}

func await(t *testing.T, came chan net.Conn) net.Conn {
	t.Helper()
	select {
	case nc := <-came:
		return nc
	case <-time.After(patience):
		t.Fatal("nobody came")
		return nil
	}
}
