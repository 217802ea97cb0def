package fanout

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// What is written is read again, for every number, and is text that JSON leaves as it is.
func TestHeader_IsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := header{
			sender: rapid.Uint32().Draw(t, "sender"), slot: rapid.Uint32().Draw(t, "slot"), seq: rapid.Uint32().Draw(t, "seq"),
			due: time.Duration(rapid.Int64Min(0).Draw(t, "due")),
		}
		body := []byte(strings.Repeat("~", headerBytes))
		want.put(body)
		if got := parseHeader(body[markBytes:]); got != want {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		if text, err := json.Marshal(string(body)); err != nil || len(text) != len(body)+2 {
			t.Fatalf("%s is escaped in JSON: %s", body, text)
		}
	})
}

// The drawing of the header holds, byte by byte.
func TestHeader_IsAsItIsDrawn(t *testing.T) {
	t.Parallel()
	body := []byte("~abcdefgh" + strings.Repeat("?", headerBytes-markBytes))
	header{sender: 1, slot: 0x10, seq: 0x89abcdef, due: 0x123456789}.put(body)
	if got, want := string(body), "~abcdefgh"+"aaaaaaab"+"aaaaaaba"+"ijklmnop"+"aaaaaaabcdefghij"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A stream agrees with the dumb way to count: a set of what was heard, and the highest of it.
func TestStream_CountsAsASetDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s stream
		heard, highest := map[uint32]bool{}, -1
		for _, seq := range rapid.SliceOf(rapid.Uint32Range(0, 30)).Draw(t, "seqs") {
			want := inOrder
			switch {
			case heard[seq]:
				want = doubled
			case int(seq) < highest:
				want = outOfOrder
			}
			heard[seq], highest = true, max(highest, int(seq))
			if got := s.note(seq); got != want {
				t.Fatalf("note(%d) = %v, want %v", seq, got, want)
			}
		}
		if got, want := s.lost(31), int64(31-len(heard)); got != want {
			t.Fatalf("lost %d of 31, want %d", got, want)
		}
	})
}

// A slot comes back with the last delivery of its broadcast and not before, and there are no more slots than the size.
func TestWindow_GivesASlotBackWithTheLastDelivery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(2, 1)
		a, _ := w.take(t.Context(), 0, 3)
		b, _ := w.take(t.Context(), 0, 3)
		full := func() bool {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, ok := w.take(ctx, 0, 3)
			return !ok
		}
		if a == b || !full() {
			t.Fatalf("slots %d and %d of 2, and there is another", a, b)
		}
		w.delivered(b)
		w.delivered(b)
		w.delivered(99) // no slot of ours
		if !full() {
			t.Fatal("a slot came back before the last delivery")
		}
		w.delivered(b)
		if got, ok := w.take(t.Context(), 0, 3); !ok || got != b || !full() {
			t.Fatalf("got slot %d, want %d alone", got, b)
		}
	})
}

// Voices have slots of their own when there are enough, else all share them; and there are never more nor less than the size.
func TestWindow_SharesItsSlotsOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		size, voices int
		want         []int
	}{{16, 1, []int{16}}, {7, 3, []int{3, 2, 2}}, {3, 3, []int{1, 1, 1}}, {2, 3, []int{2, 0, 0}}} {
		w := newWindow(c.size, c.voices)
		for v, want := range c.want {
			got := 0
			for _, ok := w.tryTake(uint32(v), 1); ok; _, ok = w.tryTake(uint32(v), 1) {
				got++
			}
			if got != want {
				t.Errorf("%d slots for %d voices: voice %d has %d, want %d", c.size, c.voices, v, got, want)
			}
		}
		for slot := range c.size {
			w.delivered(uint32(slot))
		}
		for v := range c.voices {
			if _, ok := w.tryTake(uint32(v), 1); !ok && c.size >= c.voices {
				t.Errorf("%d slots for %d voices: none came back to voice %d", c.size, c.voices, v)
			}
		}
	}
}

// The times of a schedule depend on the rate alone, and the voices together keep it without gaps.
func TestSchedule_KeepsIntendedTimes(t *testing.T) {
	t.Parallel()
	const begin, rate, voices = time.Second, 300.0, 3
	for turn := range 3000 {
		s := schedule{begin: begin, rate: rate, voice: turn % voices, voices: voices}
		want := begin + time.Duration(math.Round(float64(turn)/rate*1e9))
		if got := s.due(turn / voices); (got - want).Abs() > time.Nanosecond {
			t.Fatalf("turn %d is due at %v, want %v", turn, got, want)
		}
	}
	first := schedule{begin: begin, rate: rate, voices: voices}
	if got := first.between(10, 2*time.Second); got != 90 {
		t.Errorf("%d broadcasts left in a second of 100, after 10; want 90", got)
	}
}

func TestParseMetrics(t *testing.T) {
	t.Parallel()
	text := `# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 12.34
process_resident_memory_bytes 4096
parley_slow_disconnects_total 3
parley_build_info{version="1.2.3"} 1
parley_connections 7
`
	got, err := parseMetrics(strings.NewReader(text))
	if want := (reading{cpu: 12.34, rss: 4096, known: true, version: "1.2.3", slow: 3, slowKnown: true}); err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	if got, err := parseMetrics(strings.NewReader("go_goroutines 1\n")); err != nil || got.known {
		t.Errorf("got %+v, %v; want nothing known", got, err)
	}
	if _, err := parseMetrics(strings.NewReader("process_cpu_seconds_total x\n")); err == nil {
		t.Error("no error for what is no number")
	}
}

// Every rule is named by its own complaint, and what is given together is complained about together.
func TestScenario_Validate(t *testing.T) {
	t.Parallel()
	good := Scenario{Revision: 4, Rooms: 1, Members: 2, Senders: 1, Window: 1, Size: MinSize, Seconds: 1}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Scenario){
		"revision 5":      func(s *Scenario) { s.Revision = 5 },
		"rooms 0":         func(s *Scenario) { s.Rooms = 0 },
		"members 1":       func(s *Scenario) { s.Members = 1 },
		"in 2000000":      func(s *Scenario) { s.Rooms = 2_000_000 },
		"senders 3":       func(s *Scenario) { s.Senders = 3 },
		"exactly one":     func(s *Scenario) { s.Rate = 1 },
		"rate and deliv":  func(s *Scenario) { s.Window = 0 },
		"window -1":       func(s *Scenario) { s.Window, s.Rate = -1, 1 },
		"rate NaN":        func(s *Scenario) { s.Window, s.Rate = 0, math.NaN() },
		"rate +Inf":       func(s *Scenario) { s.Window, s.Rate = 0, math.Inf(1) },
		"rate 2e+06":      func(s *Scenario) { s.Window, s.DeliveriesPerSecond = 0, 2e6 },
		"size 49":         func(s *Scenario) { s.Size = MinSize - 1 },
		"size 70000":      func(s *Scenario) { s.Size = 70000 },
		"joins -1":        func(s *Scenario) { s.JoinsPerSecond = -1 },
		"joins 20000":     func(s *Scenario) { s.JoinsPerSecond = 20_000 },
		"slow 60":         func(s *Scenario) { s.SlowPercent = 60 },
		"slow 1:":         func(s *Scenario) { s.SlowPercent = 1 }, // the only one who hears would stop
		"duration 0 s":    func(s *Scenario) { s.Seconds = 0 },
		"duration 5000 s": func(s *Scenario) { s.Seconds = 5000 },
		"warmup -1 s":     func(s *Scenario) { s.WarmupSeconds = -1 },
	} {
		bad := good
		change(&bad)
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want a complaint about %q", err, want)
		}
	}
	bad := Scenario{}
	if got := strings.Count(bad.Validate().Error(), "\n") + 1; got != 7 {
		t.Errorf("%d complaints about nothing: %v", got, bad.Validate())
	}
	if err := (&Options{Scenario: good, AdminURL: "x:1"}).Validate(); err == nil || !strings.Contains(err.Error(), "admin") || !strings.Contains(err.Error(), "protocol") {
		t.Errorf("got %v, want complaints about admin and protocol", err)
	}
}

func TestRefusal_TellsWhatToDoAboutAFullRoom(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"errorCode":5008,"errorMessage":"full"}`: "400 Bad Request: 5008 full (serve --limit-room-members sets how many may be in a room)",
		`{"errorCode":5001,"errorMessage":"bad"}`:  "400 Bad Request: 5001 bad",
		`<html>`: "400 Bad Request",
	} {
		if got := refusal("400 Bad Request", []byte(body)).Error(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
