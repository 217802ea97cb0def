package ws_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/transport/ws"
	"github.com/parley-im/parley/transport/ws/wstest"
)

// narrow keeps the system from queueing megabytes of its own, which would hide our queue.
func narrow(ctx context.Context, c net.Conn) context.Context {
	_ = c.(*net.TCPConn).SetWriteBuffer(64 << 10) // with a wide one a test shows less, and holds
	return ctx
}

// A peer that does not read is cut once its queue is full; another one keeps getting everything. The frames are
// shared by both.
func TestConn_CutsTheSlowAndServesTheRest(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, loops int) {
		var slow atomic.Int32
		url, peers := serve(t, ws.Options{Loops: loops, MaxPendingBytes: 1 << 20, OnSlow: func() { slow.Add(1) }}, echo)
		wstest.Dial(t, url, "/") // never reads
		lame := <-peers
		good := wstest.Dial(t, url, "/")
		quick := <-peers
		text := strings.Repeat("m", 64<<10)
		frame := ws.TextFrame([]byte(text))
		for sent := 0; slow.Load() == 0; sent++ {
			if sent > 10_000 {
				t.Fatal("640 MB went into a connection that nobody reads")
			}
			lame.Send(frame)
			quick.Send(frame)
			good.Want(text)
		}
		if err := <-lame.closed; !errors.Is(err, ws.ErrSlow) {
			t.Errorf("OnClose(%v), want ErrSlow", err)
		}
		quick.Send(frame)
		good.Want(text)
		if n := slow.Load(); n != 1 {
			t.Errorf("OnSlow was called %d times, want 1", n)
		}
	})
}

// Whoever is cut for being slow learns it, behind the beginning of what it missed, once it reads again.
func TestConn_TellsTheSlowWhy(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, loops int) {
		var slow atomic.Bool
		url, peers := serve(t, ws.Options{Loops: loops, MaxPendingBytes: 1 << 20, OnSlow: func() { slow.Store(true) }}, echo)
		c := wstest.Dial(t, url, "/")
		p := <-peers
		frame := ws.TextFrame(make([]byte, 64<<10))
		for sent := 0; !slow.Load(); sent++ {
			if sent > 10_000 {
				t.Fatal("640 MB went into a connection that nobody reads")
			}
			p.Send(frame)
		}
		c.WantClose(ws.ClosePolicy)
	})
}

// What waits for a peer that does not read is counted, up to the bound of its connection, until the peer reads on or is gone; nothing
// is counted for one that takes all. Checked by breaking it: when outbox.wrote or queue.written take nothing off, when
// Server.remove leaves connections behind, and when what waits is not added up.
func TestServer_CountsWhatWaits(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*wstest.Client){
		"until it reads on": func(c *wstest.Client) { c.WantClose(ws.ClosePolicy) },
		"until it is gone":  func(c *wstest.Client) { _ = c.Conn.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, loops int) { countsWhatWaits(t, loops, end) })
		})
	}
}

func countsWhatWaits(t *testing.T, loops int, end func(*wstest.Client)) {
	t.Helper()
	const bound = 1 << 20
	var slow atomic.Bool
	s, url, peers := serveAll(t, ws.Options{Loops: loops, MaxPendingBytes: bound, OnSlow: func() { slow.Store(true) }}, echo)
	deaf := wstest.Dial(t, url, "/")
	lame := <-peers
	good := wstest.Dial(t, url, "/")
	quick := <-peers
	text := strings.Repeat("m", 64<<10)
	frame := ws.TextFrame([]byte(text))
	most := int64(0)
	for sent := 0; !slow.Load(); sent++ {
		if sent > 10_000 {
			t.Fatal("640 MB went into a connection that nobody reads")
		}
		lame.Write(frame)
		quick.Send(frame)
		lame.Send(frame)
		good.Want(text)
		most = max(most, s.QueuedBytes())
	}
	if most < bound/2 || most > 2*bound {
		t.Errorf("%d bytes waited at most, want up to %d for each of two", most, bound)
	}
	end(deaf)
	<-lame.closed
	servertest.Eventually(t, "nothing waits", func() bool { return s.QueuedBytes() == 0 })
}

// Four messages of the largest size in a row cut nobody who only needs a moment. Fails with room for one.
func TestConn_AMomentIsForgiven(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, loops int) {
		url, peers := serve(t, ws.Options{Loops: loops}, echo)
		c := wstest.Dial(t, url, "/")
		p := <-peers
		text := strings.Repeat("x", 1_000_000)
		for range 4 {
			p.Send(ws.TextFrame([]byte(text)))
		}
		c.Want(text, text, text, text)
	})
}

// A peer that takes too long for one write is slow, too, however little that is.
func TestConn_WriteThatTakesTooLongIsSlow(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, loops int) {
		slow := make(chan struct{}, 2)
		url, peers := serve(t, ws.Options{Loops: loops, WriteTimeout: 50 * time.Millisecond, OnSlow: func() { slow <- struct{}{} }}, echo)
		wstest.Dial(t, url, "/") // never reads
		p := <-peers
		p.Send(ws.TextFrame(make([]byte, 64<<20)))
		if err := <-p.closed; !errors.Is(err, ws.ErrSlow) {
			t.Errorf("OnClose(%v), want ErrSlow", err)
		}
		<-slow
		if len(slow) != 0 {
			t.Error("OnSlow was called twice")
		}
	})
}

// What is sent and what is written at once keep their order, though the peer takes them bit by bit and what waits is written
// by others. Fails when Write goes past what waits.
func TestConn_KeepsTheOrderOfSendAndWrite(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, loops int) {
		url, peers := serve(t, ws.Options{Loops: loops, MaxPendingBytes: 64 << 20}, echo)
		c := wstest.Dial(t, url, "/")
		p := <-peers
		const count = 2000
		text := func(i int) string { return fmt.Sprint(i, strings.Repeat("x", i)) }
		for i := 0; i < count; i += 2 {
			if i%8 == 0 {
				p.Write(append(ws.TextFrame([]byte(text(i))), ws.TextFrame([]byte(text(i+1)))...))
				continue
			}
			p.Send(ws.TextFrame([]byte(text(i))))
			p.Write(ws.TextFrame([]byte(text(i + 1))))
		}
		for i := range count {
			c.Want(text(i))
		}
	})
}

// A flood of pings from a peer that does not read takes no memory: old pings are not answered.
func TestConn_PingFloodIsBounded(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, loops int) {
		url, _ := serve(t, ws.Options{Loops: loops, MaxPendingBytes: 4096}, echo)
		c := wstest.Dial(t, url, "/")
		flood := bytes.Repeat(wstest.Frame(0x80|wstest.Ping, true, make([]byte, 125)), 20_000)
		c.Raw(flood)
		c.Send("alive")
		for {
			op, payload, ok := c.Next()
			if !ok {
				t.Fatal("the connection ended")
			}
			if op == wstest.Text {
				if string(payload) != "alive" {
					t.Fatalf("got %q", payload)
				}
				return
			}
		}
	})
}
