package fanout

import (
	"math"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// Measurement is what a run found out about one server.
type Measurement struct {
	// Version is the server's, "" = not known.
	Version         string  `json:"version,omitempty"`
	LoginsPerSecond float64 `json:"logins_per_second"`
	// Seconds is how long was measured: as long as asked for, unless a connection ended.
	Seconds float64 `json:"seconds"`
	// Broadcasts were due, and said, while it was measured; Deliveries arrived meanwhile.
	Broadcasts          int64   `json:"broadcasts"`
	BroadcastsPerSecond float64 `json:"broadcasts_per_second"`
	Deliveries          int64   `json:"deliveries"`
	DeliveriesPerSecond float64 `json:"deliveries_per_second"`
	// Latency is from the time when a broadcast was due to its arrival at a member, for the broadcasts above.
	Latency Latency `json:"latency_us"`
	// SayDelay is how long after they were due the broadcasts of an open load were said; nil when the load was closed.
	SayDelay *Latency `json:"say_delay_us,omitempty"`
	// ServerCPU is the server's processor time, nil when it was not measured; ClientCPU that of the load generator, which
	// the server lacked if it was on the same machine.
	ServerCPU *CPU `json:"server_cpu"`
	ClientCPU CPU  `json:"client_cpu"`
	// Lost were said and not heard by a member, Doubled heard again, OutOfOrder heard after later ones of the same sender,
	// Stray heard by somebody whom they were not meant for, or damaged.
	Lost       int64 `json:"lost"`
	Doubled    int64 `json:"doubled"`
	OutOfOrder int64 `json:"out_of_order"`
	Stray      int64 `json:"stray"`
	// Unsent broadcasts of an open load were due and could not be said, since the server did not take them.
	Unsent int64 `json:"unsent"`
	// CutOff is how many connections the server ended, Trouble how the first one did.
	CutOff  int    `json:"cut_off"`
	Trouble string `json:"trouble,omitempty"`
}

// Latency is percentiles in microseconds.
type Latency struct {
	P50  int64 `json:"p50"`
	P90  int64 `json:"p90"`
	P99  int64 `json:"p99"`
	P999 int64 `json:"p999"`
	Max  int64 `json:"max"`
}

// CPU is processor time in user and system mode.
type CPU struct {
	Seconds float64 `json:"seconds"`
	// PerMillion is seconds per million deliveries that were heard in the same time; 0 when there was none.
	PerMillion float64 `json:"seconds_per_million_deliveries"`
}

// Correct reports whether everything that was said was heard by everybody, once and in order.
func (m Measurement) Correct() bool {
	return m.Lost == 0 && m.Doubled == 0 && m.OutOfOrder == 0 && m.Stray == 0 && m.CutOff == 0
}

// result puts together what the members have heard. The swarm is closed.
func (r *run) result() Measurement {
	length := time.Duration(r.to.Load() - r.from.Load())
	m := Measurement{
		Version: r.version, LoginsPerSecond: rounded(r.loginsPerSecond), Seconds: rounded(length.Seconds()), CutOff: r.mu.cutOff,
	}
	if err := r.trouble(); err != nil {
		m.Trouble = err.Error()
	}
	r.addEars(&m)
	r.addVoices(&m)
	for i := range r.members {
		m.Lost += r.lostBy(&r.members[i])
	}
	m.BroadcastsPerSecond = over(float64(m.Broadcasts), m.Seconds)
	m.DeliveriesPerSecond = over(float64(m.Deliveries), m.Seconds)
	heard := r.last.heard - r.first.heard
	m.ClientCPU = used((r.last.client - r.first.client).Seconds(), heard)
	if r.first.server.known && r.last.server.known {
		c := used(r.last.server.cpu-r.first.server.cpu, heard)
		m.ServerCPU = &c
	}
	return m
}

func (r *run) addEars(m *Measurement) {
	all := newHistogram()
	for _, e := range r.mu.ears {
		m.Deliveries += e.measured
		m.Doubled += e.doubled
		m.OutOfOrder += e.outOfOrder
		m.Stray += e.stray
		all.Merge(e.latency)
	}
	m.Latency = percentiles(all)
}

func (r *run) addVoices(m *Measurement) {
	delays := newDelays()
	for _, v := range r.voices {
		m.Broadcasts += v.measured
		m.Unsent += v.unsent
		delays.Merge(v.delay)
	}
	if r.window == nil {
		late := percentiles(delays)
		m.SayDelay = &late
	}
}

func (r *run) lostBy(who *member) (n int64) {
	for i := range who.streams {
		if i != who.self {
			n += who.streams[i].lost(r.voices[int(who.first)+i].sent.Load())
		}
	}
	return n
}

func percentiles(h *hdr.Histogram) Latency {
	at := h.ValueAtQuantile
	return Latency{P50: at(50), P90: at(90), P99: at(99), P999: at(99.9), Max: h.Max()}
}

func used(seconds float64, deliveries int64) CPU {
	return CPU{Seconds: rounded(seconds), PerMillion: over(seconds, float64(deliveries)/1e6)}
}

// rounded leaves three decimals: no figure here is good for more.
func rounded(f float64) float64 { return math.Round(f*1e3) / 1e3 }
