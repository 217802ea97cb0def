package fanout

import (
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// Measurement is what a run found out about one server.
type Measurement struct {
	// Version is the server's, "" = not known.
	Version         string  `json:"version,omitempty"`
	LoginsPerSecond float64 `json:"logins_per_second"`
	// Memory is the server's; nil = not known.
	Memory *Memory `json:"memory"`
	Stage
	// Lost were said and not heard by a member, Doubled heard again, OutOfOrder heard after later ones of the same sender,
	// Stray heard by somebody whom they were not meant for, or damaged. All of the run counts, not only what was measured.
	Lost       int64 `json:"lost"`
	Doubled    int64 `json:"doubled"`
	OutOfOrder int64 `json:"out_of_order"`
	Stray      int64 `json:"stray"`
	// CutOff is how many connections the server ended, Trouble how the first one did.
	CutOff  int    `json:"cut_off"`
	Trouble string `json:"trouble,omitempty"`
	// Joins is how visitors fared, Slow those who stopped reading; nil = there was none.
	Joins *Joins `json:"joins,omitempty"`
	Slow  *Slow  `json:"slow,omitempty"`
}

// Stage is what was found out while it was measured.
type Stage struct {
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
	// Unsent broadcasts of an open load were due and could not be said, since the server did not take them.
	Unsent int64 `json:"unsent"`
	// ServerCPU is the server's processor time, nil when it was not measured; ClientCPU that of the load generator, which
	// the server lacked if it was on the same core.
	ServerCPU *CPU `json:"server_cpu"`
	ClientCPU CPU  `json:"client_cpu"`
	// OtherCores is how many cores everybody else on the machine kept busy meanwhile, StolenCores what the machine below a
	// virtual one took; nil when that is not known. Above a few hundredths the figures are worth less.
	OtherCores  *float64 `json:"other_cores"`
	StolenCores *float64 `json:"stolen_cores"`
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

// Memory is a server's resident memory in bytes: before anybody had logged in, and when all had; and what that is for each.
type Memory struct {
	Empty         int64 `json:"empty"`
	Full          int64 `json:"full"`
	PerConnection int64 `json:"per_connection"`
}

// Correct reports whether everything that was said was heard by everybody, once and in order.
func (m Measurement) Correct() bool {
	return m.Lost == 0 && m.Doubled == 0 && m.OutOfOrder == 0 && m.Stray == 0 && m.CutOff == 0
}

// result puts together what the members have heard. The readers have ended.
func (r *run) result() Measurement {
	m := Measurement{Version: r.version, LoginsPerSecond: rounded(r.loginsPerSecond), Memory: r.memory(), CutOff: r.mu.cutOff, Slow: r.slowResult()}
	m.Stage = r.stageResult(int(r.stage.Load()))
	if err := r.trouble(); err != nil {
		m.Trouble = err.Error()
	}
	m.Joins = r.churn.result(float64(r.stage.Load()+1) * m.Seconds)
	for _, e := range r.mu.ears {
		m.Doubled += e.doubled
		m.OutOfOrder += e.outOfOrder
		m.Stray += e.stray
		if m.Joins != nil {
			m.Joins.Heard += e.visits
		}
	}
	for i := range r.members {
		m.Lost += r.lostBy(&r.members[i])
	}
	return m
}

func (r *run) memory() *Memory {
	if !r.empty.known || !r.full.known {
		return nil
	}
	m := &Memory{Empty: int64(r.empty.rss), Full: int64(r.full.rss)}
	m.PerConnection = (m.Full - m.Empty) / int64(len(r.members))
	return m
}

func (r *run) stageResult(stage int) Stage {
	b := &r.spans[stage]
	s := Stage{Seconds: rounded(time.Duration(b.to - b.from).Seconds())}
	all, delays := newHistogram(), newDelays()
	for _, e := range r.mu.ears {
		s.Deliveries += e.tallies[stage].deliveries
		all.Merge(e.tallies[stage].latency)
	}
	for _, v := range r.voices {
		s.Broadcasts += v.said[stage].broadcasts
		s.Unsent += v.said[stage].unsent
		delays.Merge(v.said[stage].delay)
	}
	s.Latency = percentiles(all)
	if r.window == nil {
		s.SayDelay = new(percentiles(delays))
	}
	s.BroadcastsPerSecond = over(float64(s.Broadcasts), s.Seconds)
	s.DeliveriesPerSecond = over(float64(s.Deliveries), s.Seconds)
	r.addCosts(&s, b.first, b.last)
	return s
}

func (r *run) addCosts(s *Stage, first, last sample) {
	heard, client, server := last.heard-first.heard, (last.client - first.client).Seconds(), 0.0
	s.ClientCPU = used(client, heard)
	if first.server.known && last.server.known {
		server = last.server.cpu - first.server.cpu
		s.ServerCPU = new(used(server, heard))
	}
	if !last.machine.Known || s.ServerCPU == nil {
		return
	}
	length := (last.at - first.at).Seconds()
	s.OtherCores = new(max(over((last.machine.Used-first.machine.Used).Seconds()-client-server, length), 0))
	s.StolenCores = new(over((last.machine.Stolen - first.machine.Stolen).Seconds(), length))
}

func (r *run) lostBy(who *member) (n int64) {
	if who.aside.Load() {
		return 0
	}
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
