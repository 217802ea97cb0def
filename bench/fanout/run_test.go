package fanout_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/bench/fanout"
	"github.com/parley-im/parley/bench/writeloop"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a room server whose deliveries go through write; nil = the write loop itself.
func serve(t *testing.T, write func(net.Conn, []byte) error) string {
	t.Helper()
	s := writeloop.New(writeloop.Options{Write: write})
	h := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); h.Close() })
	return h.URL
}

// options are those of a short run on a server at url that speaks revision 4 of Engine.IO.
func options(t *testing.T, url string) fanout.Options {
	t.Helper()
	return fanout.Options{
		Protocol: maxim(t, url, 4), AdminURL: url,
		Scenario: fanout.Scenario{Revision: 4, Rooms: 1, Members: 5, Senders: 1, Window: 4, Size: 64, Seconds: 0.2, WarmupSeconds: 0.05},
	}
}

func maxim(t *testing.T, url string, revision int) fanout.Protocol {
	t.Helper()
	p, err := fanout.NewMaxIM(url, "a", "k", revision)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func measure(t *testing.T, o fanout.Options) fanout.Measurement {
	t.Helper()
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	m, err := fanout.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Every way to load a server that does what it should ends in a correct measurement, whose figures agree with each other.
func TestRun_MeasuresTheWriteLoop(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*fanout.Options){
		"closed":               func(*fanout.Options) {},
		"open":                 func(o *fanout.Options) { o.Window, o.Rate = 0, 500 },
		"Engine.IO 3":          func(o *fanout.Options) { o.Revision = 3 }, // its protocol is set below,
		"two members":          func(o *fanout.Options) { o.Members = 2 },
		"all speak":            func(o *fanout.Options) { o.Senders = 5 },
		"all speak, open":      func(o *fanout.Options) { o.Senders, o.Window, o.Rate = 5, 0, 500 },
		"rooms":                func(o *fanout.Options) { o.Rooms, o.Senders = 3, 2 },
		"smallest body":        func(o *fanout.Options) { o.Size = fanout.MinSize },
		"long body":            func(o *fanout.Options) { o.Size = fanout.MaxSize },
		"no warm-up":           func(o *fanout.Options) { o.WarmupSeconds = 0 },
		"without its /metrics": func(o *fanout.Options) { o.AdminURL = "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := serve(t, nil)
			o := options(t, url)
			change(&o)
			o.Protocol = maxim(t, url, o.Revision)
			m := measure(t, o)
			if !m.Correct() || m.Unsent != 0 {
				t.Errorf("not correct: %+v", m)
			}
			// What is under way at the edges of the window may be counted on one side only.
			edge := int64(max(o.Window, 100) * o.Members)
			if want := m.Broadcasts * int64(o.Members-1); m.Broadcasts == 0 || m.Deliveries < want-edge || m.Deliveries > want+edge {
				t.Errorf("%d deliveries of %d broadcasts to %d", m.Deliveries, m.Broadcasts, o.Members-1)
			}
			if l := m.Latency; l.P50 <= 0 || l.P50 > l.P99 || l.P99 > l.Max {
				t.Errorf("latency %+v", l)
			}
			if (m.ServerCPU == nil) != (o.AdminURL == "") || (m.SayDelay == nil) != (o.Rate == 0) || m.LoginsPerSecond <= 0 {
				t.Errorf("got %+v", m)
			}
			if o.Rate > 0 && m.Broadcasts != 100 {
				t.Errorf("%d broadcasts, want 500 a second for 200 ms", m.Broadcasts)
			}
		})
	}
}

// faulty returns a write that hands every tenth measured frame to fault, with what was held back before.
func faulty(fault func(to net.Conn, frame []byte) error) func(net.Conn, []byte) error {
	var n atomic.Int64
	return func(to net.Conn, frame []byte) error {
		if bytes.Contains(frame, []byte(`"body":"~`)) && n.Add(1)%10 == 0 {
			return fault(to, frame)
		}
		_, err := to.Write(frame)
		return err
	}
}

// What goes wrong with a delivery is counted as what it is.
func TestRun_NoticesFaults(t *testing.T) {
	t.Parallel()
	lose := func(net.Conn, []byte) error { return nil }
	double := func(to net.Conn, frame []byte) error {
		_, err := to.Write(append(bytes.Clone(frame), frame...))
		return err
	}
	damage := func(to net.Conn, frame []byte) error {
		_, err := to.Write(bytes.Replace(frame, []byte(`x."}`), []byte(`x,"}`), 1))
		return err
	}
	foreign := func(to net.Conn, frame []byte) error { // as if another sender had said it
		bad := bytes.Clone(frame)
		bad[bytes.Index(bad, []byte(`"body":"~`))+len(`"body":"~`)+15]++
		_, err := to.Write(bad)
		return err
	}
	for name, tt := range map[string]struct {
		fault func(net.Conn, []byte) error
		bad   func(fanout.Measurement) bool
	}{
		"lost":         {lose, func(m fanout.Measurement) bool { return m.Lost > 0 && m.Doubled+m.OutOfOrder+m.Stray == 0 }},
		"doubled":      {double, func(m fanout.Measurement) bool { return m.Doubled > 0 && m.Lost+m.OutOfOrder+m.Stray == 0 }},
		"out of order": {lateByOne(), func(m fanout.Measurement) bool { return m.OutOfOrder > 0 && m.Lost+m.Doubled+m.Stray == 0 }},
		"damaged": {damage, func(m fanout.Measurement) bool {
			return m.Stray > 0 && m.Stray == m.Lost && m.Doubled+m.OutOfOrder == 0
		}},
		"not meant": {foreign, func(m fanout.Measurement) bool {
			return m.Stray > 0 && m.Stray == m.Lost && m.Doubled+m.OutOfOrder == 0
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			write := faulty(tt.fault)
			if name == "out of order" {
				write = tt.fault
			}
			o := options(t, serve(t, write))
			o.Window, o.Rate = 0, 400
			m := measure(t, o)
			if m.Correct() || !tt.bad(m) {
				t.Errorf("got %+v", m)
			}
		})
	}
}

// lateByOne returns a write that holds every tenth frame of a connection back until after the next one.
func lateByOne() func(net.Conn, []byte) error {
	var mu sync.Mutex
	count, held := map[net.Conn]int{}, map[net.Conn][]byte{}
	return func(to net.Conn, frame []byte) error {
		mu.Lock()
		defer mu.Unlock()
		if count[to]++; count[to]%10 == 0 {
			held[to] = bytes.Clone(frame)
			return nil
		}
		_, err := to.Write(append(bytes.Clone(frame), held[to]...))
		delete(held, to)
		return err
	}
}

// A closed load never has more than its window outstanding: a server that delivers nothing hears so many, and no more.
func TestRun_ClosedLoadStopsAtItsWindow(t *testing.T) {
	t.Parallel()
	for _, senders := range []int{1, 3} {
		o := options(t, serve(t, func(to net.Conn, frame []byte) error {
			if bytes.Contains(frame, []byte(`"body":"~`)) {
				return nil
			}
			_, err := to.Write(frame)
			return err
		}))
		o.Window, o.Senders, o.WarmupSeconds, o.Quiet = 7, senders, 0, 300*time.Millisecond
		o.Seconds = 0.8 // so that a test that stands still for a while is not too late to go on
		want, took := 6*o.Seconds, 0.0
		for n := 0; n < 5 && math.Abs(took-want) > 0.01; n++ { // who looks too late ends early
			m := measure(t, o)
			if took = m.Seconds; m.Lost != 7*4 || m.Broadcasts != 7 {
				t.Errorf("%d senders: %d broadcasts, %d lost; want 7 and 28", senders, m.Broadcasts, m.Lost)
			}
		}
		if math.Abs(took-want) > 0.01 {
			t.Errorf("so little came that it should be measured for %v s, not for %v", want, took)
		}
	}
}

// A slow server does not slow an open load down: what was due meanwhile counts from when it was due.
func TestRun_OpenLoadCountsFromWhenItWasDue(t *testing.T) {
	t.Parallel()
	const stall = 150 * time.Millisecond
	var once sync.Once
	o := options(t, serve(t, func(to net.Conn, frame []byte) error {
		if bytes.Contains(frame, []byte(`"body":"~`)) {
			once.Do(func() { <-time.After(stall) })
		}
		_, err := to.Write(frame)
		return err
	}))
	o.Window, o.Rate, o.WarmupSeconds, o.Seconds = 0, 1000, 0, 0.3
	m := measure(t, o)
	// 150 of 300 broadcasts were due during the stall, so a tenth of all waited for more than 120 ms.
	if m.Broadcasts != 300 || m.Latency.P90 < 100_000 || !m.Correct() {
		t.Errorf("got %+v", m)
	}
}

// A member that is cut off ends the measurement, and is named.
func TestRun_StopsWhenAMemberIsCutOff(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	o := options(t, serve(t, func(to net.Conn, frame []byte) error {
		if bytes.Contains(frame, []byte(`"body":"~`)) && n.Add(1) == 200 {
			return to.Close()
		}
		_, err := to.Write(frame)
		return err
	}))
	o.Window, o.Rate, o.WarmupSeconds, o.Seconds = 0, 1000, 0, 30
	m := measure(t, o)
	if m.CutOff != 1 || m.Lost == 0 || m.Seconds > 5 || !strings.Contains(m.Trouble, "member ") {
		t.Errorf("got %+v", m)
	}
}

// The end of the context ends everything, in every phase; TestMain looks for goroutines that stayed.
func TestRun_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	for _, phase := range []string{"settling", "warming up", "measuring"} {
		t.Run(phase, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			o := options(t, serve(t, func(to net.Conn, frame []byte) error {
				if phase == "settling" {
					return nil
				}
				_, err := to.Write(frame)
				return err
			}))
			o.Seconds = 60
			if phase == "warming up" {
				o.WarmupSeconds = 60
			}
			o.OnProgress = func(p fanout.Progress) {
				if p.Phase == phase {
					cancel()
				}
			}
			if _, err := fanout.Run(ctx, o); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want the end of the context", err)
			}
		})
	}
}

// Where there is nothing to measure the error says why.
func TestRun_SaysWhyItCannotMeasure(t *testing.T) {
	t.Parallel()
	url := serve(t, nil)
	for name, tt := range map[string]struct {
		change func(*fanout.Options)
		want   string
	}{
		"no server":  {func(o *fanout.Options) { o.Protocol, o.AdminURL = maxim(t, "http://127.0.0.1:1", 4), "" }, "log in member"},
		"no metrics": {func(o *fanout.Options) { o.AdminURL = "http://127.0.0.1:1" }, "read the server's metrics"},
	} {
		o := options(t, url)
		tt.change(&o)
		if _, err := fanout.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
}

// Progress goes through the phases in order, and never runs backwards in one. It is looked at now and then, so a short
// phase may go by unseen.
func TestRun_ReportsProgress(t *testing.T) {
	t.Parallel()
	o := options(t, serve(t, nil))
	o.WarmupSeconds, o.Seconds = 0.25, 2
	var seen []string
	var last fanout.Progress
	o.OnProgress = func(p fanout.Progress) {
		f, _ := p.Fraction()
		was, _ := last.Fraction()
		if p.Phase != last.Phase {
			seen = append(seen, p.Phase)
		} else if f < was {
			t.Errorf("%+v after %+v", p, last)
		}
		last = p
	}
	measure(t, o)
	order := []string{"starting", "logging in", "making rooms", "settling", "warming up", "measuring", "catching up", "draining"}
	place := func(phase string) int { return slices.Index(order, phase) }
	inOrder := slices.IsSortedFunc(seen, func(a, b string) int { return place(a) - place(b) })
	if !inOrder || !slices.Contains(seen, "measuring") {
		t.Errorf("phases: %q", seen)
	}
}
