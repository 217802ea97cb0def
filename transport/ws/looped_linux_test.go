package ws

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/parley-im/parley/internal/servertest"
)

// listener notes how its connection ends.
type listener struct{ closed chan error }

func (l *listener) OnText([]byte) {}

func (l *listener) OnClose(reason error) { l.closed <- reason }

// opened is a connection that a loop of a server of its own serves, and its client's end.
func opened(t *testing.T, opts Options) (*looped, *listener, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // it is not needed any more
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	near, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	opts.Loops = 1
	s := NewServer(opts)
	var c *looped
	h := &listener{closed: make(chan error, 1)}
	if !s.begin() || !s.startLooped(near, begun{}, func(conn Conn) Handler { c = conn.(*looped); return h }) {
		t.Fatal("the socket is not served by a loop")
	}
	s.running.Done()
	t.Cleanup(func() {
		_ = client.Close()
		if err := s.Close(t.Context()); err != nil && !errors.Is(err, t.Context().Err()) {
			t.Error(err)
		}
	})
	return c, h, client
}

func (c *looped) state(of func() bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return of()
}

// wait waits until something is so; the test's turns and the loop's go by turns.
func wait(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(servertest.Patience); !is(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("after %v: not %s", servertest.Patience, what)
		}
	}
}

// Once a connection is closed, its descriptor may be another's: whatever is called then leaves it alone. Fails when flushLocked
// or writeNowLocked do not look whether it is closed.
func TestLooped_LeavesClosedDescriptorsAlone(t *testing.T) { //nolint:paralleltest // others must not take the descriptor
	c, h, client := opened(t, Options{})
	_ = client.Close()
	<-h.closed
	wait(t, "closed", func() bool { return c.state(func() bool { return c.mu.closed }) })
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[0]) //nolint:errcheck // a socket pair
	defer unix.Close(pair[1]) //nolint:errcheck // as above
	if err := unix.Dup3(pair[0], int(c.fd), unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(int(c.fd)) //nolint:errcheck // as above
	frame := TextFrame([]byte("for somebody else"))
	c.Write(frame)
	c.Send(frame)
	c.flush()
	c.Pause()
	c.Resume()
	c.turn(unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLHUP)
	c.Close(CloseNormal)
	c.writeOverdue()
	c.flush()
	if err := unix.SetNonblock(pair[1], true); err != nil {
		t.Fatal(err)
	}
	if n, err := unix.Read(pair[1], make([]byte, 100)); n != -1 || !errors.Is(err, unix.EAGAIN) {
		t.Errorf("got %d bytes, %v: another's descriptor was used", n, err)
	}
}

// A connection that is closed does not wake its loop any more, which may have ended: its bell may be another's descriptor. Fails when
// abortLocked does not look whether it is closed.
func TestLooped_WakesNobodyAfterItsEnd(t *testing.T) {
	t.Parallel()
	c, h, client := opened(t, Options{})
	_ = client.Close()
	<-h.closed
	wait(t, "closed", func() bool { return c.state(func() bool { return c.mu.closed }) })
	c.loop.mu.Lock() // whoever wakes it waits here
	defer c.loop.mu.Unlock()
	aborted := make(chan bool, 1)
	go func() { aborted <- c.abort(io.EOF) }()
	select {
	case first := <-aborted:
		if first {
			t.Error("it ends twice")
		}
	case <-time.After(servertest.Patience):
		t.Error("it wakes the loop")
	}
}

// A paused connection whose peer is gone is not watched: the system would say so again and again. It ends once it is read.
// Fails when setWatchedLocked goes on watching for nothing.
func TestLooped_PausedOnesCostNothing(t *testing.T) {
	t.Parallel()
	c, h, client := opened(t, Options{})
	c.Pause()
	if err := client.(*net.TCPConn).SetLinger(0); err != nil { // a reset
		t.Fatal(err)
	}
	_ = client.Close()
	wait(t, "quiet", func() bool {
		events, err := c.loop.ready()
		return err == nil && events == 0
	})
	c.Resume()
	if err := <-h.closed; !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("OnClose(%v)", err)
	}
}

// ready counts what the system has to tell right now.
func (l *loop) ready() (int, error) {
	return unix.EpollWait(l.fd, make([]unix.EpollEvent, 1), 0)
}

// What was read before a pause goes before what is read after it, also when somebody resumes the connection in the middle of a turn.
// Fails when mayRead looks at the pause alone; test/hostile: TestPackets_ComingAndGoing fails then, too, now and then.
func TestLooped_WhatWasReadGoesFirst(t *testing.T) {
	t.Parallel()
	c := &looped{}
	for _, step := range []struct {
		paused bool
		unread []byte
		hears  bool
	}{{false, nil, true}, {true, nil, false}, {true, []byte("x"), false}, {false, []byte("x"), false}} {
		c.mu.paused, c.mu.unread = step.paused, step.unread
		if hears, discards := c.mayRead(); hears != step.hears || discards {
			t.Errorf("paused %v with %q unread: %v, %v", step.paused, step.unread, hears, discards)
		}
	}
}

// A peer that takes what waited when its time began has time anew; one that does not is slow. Fails when writeOverdue cuts all,
// or nobody.
func TestLooped_TimeRunsForWhatWaited(t *testing.T) {
	t.Parallel()
	var slow int
	c, h, client := opened(t, Options{WriteTimeout: time.Hour, OnSlow: func() { slow++ }})
	frame := TextFrame(make([]byte, 32<<20))
	c.Write(frame)
	if !c.state(func() bool { return c.mu.timer != nil && c.mu.due == uint64(len(frame)) }) {
		t.Fatal("no time runs")
	}
	var reader sync.WaitGroup
	reader.Go(func() { _, _ = io.CopyN(io.Discard, client, int64(len(frame))) }) // what is missing shows below
	wait(t, "written", func() bool { return c.state(c.mu.out.isEmpty) })
	reader.Wait()
	c.Write(frame)
	c.writeOverdue() // of the first one
	if slow != 0 || !c.state(func() bool { return c.mu.due == 2*uint64(len(frame)) }) {
		t.Errorf("slow %d times, time runs for %d", slow, c.mu.due)
	}
	c.writeOverdue()
	if err := <-h.closed; !errors.Is(err, ErrSlow) || slow != 1 {
		t.Errorf("OnClose(%v), slow %d times", err, slow)
	}
}
