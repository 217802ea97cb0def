package fanout_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/parley-im/parley/bench/fanout"
	"github.com/parley-im/parley/bench/writeloop"
)

// coalesced starts the limit that joins messages, with little room in the kernel for what a member does not read, and this bound for
// the rest of that; 0 = its own.
func coalesced(t *testing.T, maxOwedBytes int) string {
	t.Helper()
	s := writeloop.New(writeloop.Options{Strategy: writeloop.Coalesced, MaxOwedBytes: maxOwedBytes})
	h := httptest.NewUnstartedServer(s)
	h.Config.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateNew {
			_ = c.(*net.TCPConn).SetWriteBuffer(64 << 10) // it may have ended
		}
	}
	h.Start()
	t.Cleanup(func() { s.Close(); h.Close() })
	return h.URL
}

// The limit that joins messages loses none of them, whoever speaks, however much there is, and it does join them: a frame is found
// behind another in one read.
func TestRun_MeasuresTheCoalescedLimit(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*fanout.Options){
		"closed":      func(*fanout.Options) {},
		"open":        func(o *fanout.Options) { o.Window, o.Rate = 0, 500 },
		"all speak":   func(o *fanout.Options) { o.Senders = 5 },
		"rooms":       func(o *fanout.Options) { o.Rooms, o.Senders = 3, 2 },
		"long bodies": func(o *fanout.Options) { o.Size, o.Window = fanout.MaxSize, 64 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t, coalesced(t, 0))
			change(&o)
			if m := measure(t, o); !m.Correct() || m.Unsent != 0 || m.Latency.Max == 0 {
				t.Errorf("got %+v", m)
			}
		})
	}
}

// Users who come and go do so at their rate, hear something, and disturb nobody's count.
func TestRun_LetsUsersComeAndGo(t *testing.T) {
	t.Parallel()
	for _, url := range []string{serve(t, nil), coalesced(t, 0)} {
		o := options(t, url)
		o.JoinsPerSecond, o.Rooms, o.Seconds, o.WarmupSeconds = 50, 2, 0.5, 0.1
		m := measure(t, o)
		// A join that was due in the last moments may be answered after the end of the load.
		if j := m.Joins; !m.Correct() || j == nil || j.Done < 5 || j.Done > 25 || j.Refused != 0 || j.Heard == 0 || j.Latency.Max == 0 {
			t.Errorf("%+v of %+v", m.Joins, m)
		}
	}
}

// Some who stop reading are cut off, which is found out and is no fault; the others are measured with and without them, and lose
// nothing.
func TestRun_SomeStopReading(t *testing.T) { // not beside the others: it must get through megabytes in its time
	o := options(t, coalesced(t, 640<<10))
	o.Members, o.SlowPercent, o.Size, o.Window, o.Seconds = 10, 20, 32<<10, 16, 1
	m := measure(t, o)
	if !m.Correct() || m.Slow == nil || m.Slow.Stopped != 2 || m.Slow.Disconnects != nil {
		t.Fatalf("%+v, slow %+v", m, m.Slow)
	}
	ended := 0
	for how, n := range m.Slow.Ended {
		if how != "open" {
			ended += n
		}
	}
	if ended != 2 {
		t.Errorf("%v, want both to be cut off by the 640 KiB that a member may owe, more than the window holds: %+v", m.Slow.Ended, m)
	}
	for name, s := range map[string]fanout.Stage{"with all reading": m.Slow.AllReading, "without the two": m.Stage} {
		if s.Latency.P99 == 0 || s.Seconds < 1 {
			t.Errorf("%s: %+v", name, s)
		}
	}
	edge := int64(o.Window * 10)
	if got, want := m.Deliveries, m.Broadcasts*7; got < want-edge || got > want+edge {
		t.Errorf("%d deliveries of %d broadcasts to the 7 who still read", got, m.Broadcasts)
	}
}
