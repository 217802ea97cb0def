package fanout

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Scenario is a load, whoever the server is. It is read from files of bench/scenarios, and written into results.
type Scenario struct {
	// Name of the scenario: that of its file, without .json; "" = flags alone.
	Name string `json:"name,omitempty"`
	// About says for people what it asks.
	About string `json:"about,omitempty"`
	// Revision of Engine.IO, 3 or 4, for servers that speak it.
	Revision int `json:"revision,omitempty"`
	// Rooms is how many rooms there are, Members how many members each has, and Senders how many of those speak. Everybody
	// is in one room.
	Rooms   int `json:"rooms"`
	Members int `json:"members"`
	Senders int `json:"senders"`
	// Window is how many broadcasts are outstanding in all: a closed load. They are shared out among the senders when there are
	// enough for that. Rate is how many are due per second in all, and
	// DeliveriesPerSecond says the same by what they come to: an open load. Exactly one of them is positive.
	Window              int     `json:"window,omitempty"`
	Rate                float64 `json:"rate,omitempty"`
	DeliveriesPerSecond float64 `json:"deliveries_per_second,omitempty"`
	// Size of a message's body in bytes, at least MinSize.
	Size int `json:"size"`
	// JoinsPerSecond is how many users a second enter the rooms while it is measured; as many leave. 0 = nobody. They are
	// logged in before, are no members, and what they hear is not counted.
	JoinsPerSecond float64 `json:"joins_per_second,omitempty"`
	// SlowPercent of the members stop reading. It is measured twice in one run then: while all read, and without those.
	SlowPercent float64 `json:"slow_percent,omitempty"`
	// Seconds is how long is measured, after WarmupSeconds.
	Seconds       float64 `json:"seconds"`
	WarmupSeconds float64 `json:"warmup_seconds"`
}

// Typical is the load of a scenario that says nothing, but for who is there.
func Typical() Scenario {
	return Scenario{Revision: 4, Rooms: 1, Members: 100, Senders: 1, Size: 128, Seconds: 10, WarmupSeconds: 2}
}

// typicalWindow keeps a server busy without a queue that would be all that is measured.
const typicalWindow = 16

// EnsureLoad makes a load that is neither open nor closed a closed one.
func (s *Scenario) EnsureLoad() {
	if s.Window == 0 && s.Rate == 0 && s.DeliveriesPerSecond == 0 {
		s.Window = typicalWindow
	}
}

// ReadScenario reads a file. What it does not say is Typical's; a field that nobody knows is refused.
func ReadScenario(path string) (Scenario, error) {
	s := Typical()
	f, err := os.Open(path)
	if err != nil {
		return s, err
	}
	defer f.Close() //nolint:errcheck // only read
	in := json.NewDecoder(f)
	in.DisallowUnknownFields()
	if err := in.Decode(&s); err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	if in.More() {
		return s, fmt.Errorf("%s: something comes after it", path)
	}
	if s.Name == "" {
		s.Name = strings.TrimSuffix(filepath.Base(path), ".json")
	}
	return s, nil
}

const (
	// MinSize is the size of the header that every body begins with, and of its end.
	MinSize = headerBytes + 1
	// MaxSize is what a server must take at least (MaxIM protocol, 5.3), less the rest of a `say`.
	MaxSize = 60 << 10
	// maxWindow and maxRate are far beyond any server, and keep numbers within their bounds.
	maxWindow = 1 << 16
	maxRate   = 5e5
	// maxLogins bounds the sockets of one generator.
	maxLogins = 1 << 20
	// maxSeconds keeps the numbers of broadcasts and the histogram within their bounds.
	maxSeconds = 3600
	maxJoins   = 10_000
)

// Validate returns everything that is wrong with s, with the rules; nil when nothing is.
func (s *Scenario) Validate() error {
	loads := 0
	for _, v := range []float64{float64(s.Window), s.Rate, s.DeliveriesPerSecond} {
		if v > 0 {
			loads++
		}
	}
	return errors.Join(
		check(s.Revision == 3 || s.Revision == 4, "revision %d: 3 or 4", s.Revision),
		check(s.Rooms >= 1, "rooms %d: at least 1", s.Rooms),
		check(s.Members >= 2, "members %d: at least 2, one speaks and one hears", s.Members),
		check(s.Rooms < 1 || s.Members <= maxLogins/s.Rooms, "members %d in %d rooms: at most %d in all", s.Members, s.Rooms, maxLogins),
		check(s.Senders >= 1 && s.Senders <= s.Members, "senders %d: from 1 to the number of members", s.Senders),
		check(loads == 1, "window, rate and deliveries: exactly one of them"),
		check(s.Window >= 0 && s.Window <= maxWindow, "window %d: from 1 to %d", s.Window, maxWindow),
		check(within(s.BroadcastsPerSecond(), maxRate), "rate %v: up to %d broadcasts a second", s.BroadcastsPerSecond(), int(maxRate)),
		check(s.Size >= MinSize && s.Size <= MaxSize, "size %d: from %d (the header) to %d bytes", s.Size, MinSize, MaxSize),
		check(within(s.JoinsPerSecond, maxJoins), "joins %v: up to %d a second", s.JoinsPerSecond, maxJoins),
		check(s.SlowPercent >= 0 && s.SlowPercent <= 100 && s.Members-s.Senders-s.stopped() >= min(s.stopped(), 1),
			"slow %v: a percentage that leaves one who only hears in each room of %d", s.SlowPercent, s.Members),
		check(s.Seconds > 0 && s.Seconds <= maxSeconds, "duration %v s: up to %d", s.Seconds, maxSeconds),
		check(within(s.WarmupSeconds, maxSeconds), "warmup %v s: up to %d", s.WarmupSeconds, maxSeconds),
	)
}

// within is false for what is no number.
func within(v, most float64) bool { return v >= 0 && v <= most }

func check(holds bool, format string, args ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// BroadcastsPerSecond is the rate of an open load; 0 = it is closed.
func (s *Scenario) BroadcastsPerSecond() float64 {
	if s.DeliveriesPerSecond > 0 {
		return s.DeliveriesPerSecond / float64(max(s.Members-1, 1))
	}
	return s.Rate
}

// Duration is how long is measured, Warmup how long before that the load begins.
func (s *Scenario) Duration() time.Duration { return lasting(s.Seconds) }

// Warmup is how long the load is on before it is measured.
func (s *Scenario) Warmup() time.Duration { return lasting(s.WarmupSeconds) }

func lasting(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

// stopped is how many members of each room stop reading.
func (s *Scenario) stopped() int { return int(math.Ceil(float64(s.Members) * s.SlowPercent / 100)) }

// visitors is how many enter and leave the rooms: each stays for half a second at least, unless there are very many.
func (s *Scenario) visitors() int {
	return min(int(math.Ceil(s.JoinsPerSecond)), mostVisitors)
}

const mostVisitors = 1000

// MostInRoom is how many are in a room at once, visitors included: what the server must admit.
func (s *Scenario) MostInRoom() int { return s.Members + (s.visitors()+s.Rooms-1)/max(s.Rooms, 1) }
