package fanout_test

import (
	"bytes"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/parley-im/parley/bench/fanout"
)

// planted returns a write that does with the eighth and ninth of every ten measured messages to a member what fault says.
func planted(fault func(to net.Conn, eighth, ninth []byte) []byte) func(net.Conn, []byte) error {
	var mu sync.Mutex
	count, eighth := map[net.Conn]int{}, map[net.Conn][]byte{}
	return func(to net.Conn, frame []byte) error {
		mu.Lock()
		defer mu.Unlock()
		if bytes.Contains(frame, []byte(`"body":"~`)) {
			switch count[to]++; count[to] % 10 {
			case 8:
				eighth[to] = bytes.Clone(frame)
				return nil
			case 9:
				frame = fault(to, eighth[to], frame)
			}
		}
		_, err := to.Write(frame)
		return err
	}
}

// What a peer loses, doubles or swaps is counted to the message, as that and as nothing else, and what it does right is no fault.
// Each of four hears 75 messages, so that seven of them are the ninth of ten. Seen to fail with a stream that takes every first
// message for one in order.
func TestRun_CountsEveryPlantedFault(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(to net.Conn, eighth, ninth []byte) []byte{
		"nothing": func(_ net.Conn, eighth, ninth []byte) []byte { return slices.Concat(eighth, ninth) },
		"lost":    func(_ net.Conn, _, ninth []byte) []byte { return ninth },
		"doubled": func(_ net.Conn, eighth, ninth []byte) []byte { return slices.Concat(eighth, ninth, eighth) },
		"swapped": func(_ net.Conn, eighth, ninth []byte) []byte { return slices.Concat(ninth, eighth) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t, serve(t, planted(fault)))
			o.Window, o.Rate, o.WarmupSeconds, o.Seconds = 0, 300, 0.05, 0.2
			m := measure(t, o)
			for what, n := range map[string]int64{"lost": m.Lost, "doubled": m.Doubled, "swapped": m.OutOfOrder} {
				if want := map[bool]int64{true: 4 * 7}[what == name]; n != want {
					t.Errorf("%d %s, want %d", n, what, want)
				}
			}
			if m.Stray != 0 || m.Correct() != (name == "nothing") {
				t.Errorf("got %+v", m)
			}
		})
	}
}

// However a peer cuts its stream, everything is heard once. Seen to fail when a reader forgets what is left of a read.
func TestRun_HearsHoweverItArrives(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"in small pieces": 13, "cut in the header": 120, "cut before the end": 200} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t, serve(t, func(to net.Conn, frame []byte) error {
				for part := range slices.Chunk(frame, size) {
					if _, err := to.Write(part); err != nil {
						return err
					}
				}
				return nil
			}))
			if m := measure(t, o); !m.Correct() || m.Deliveries == 0 {
				t.Errorf("got %+v", m)
			}
		})
	}
}

// One who is closed with a code while it hears is named with it.
func TestRun_NamesTheCodeOfAClosing(t *testing.T) {
	t.Parallel()
	var once sync.Once
	o := options(t, serve(t, func(to net.Conn, frame []byte) error {
		if bytes.Contains(frame, []byte(`"body":"~`)) {
			once.Do(func() { to.Write([]byte("\x88\x06\x03\xf0slow")) })
		}
		_, err := to.Write(frame)
		return err
	}))
	o.WarmupSeconds = 0 // who is cut off before it is measured is an error
	m := measure(t, o)
	if want := (&fanout.Closed{Code: 1008, Text: "slow"}).Error(); m.CutOff != 1 || !bytes.Contains([]byte(m.Trouble), []byte(want)) {
		t.Errorf("%d cut off, %q; want one with %q", m.CutOff, m.Trouble, want)
	}
}
