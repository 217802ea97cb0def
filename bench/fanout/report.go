package fanout

import (
	"time"

	"github.com/parley-im/parley/bench/machine"
)

// Report is the result of the benchmark as it is written to files: who was measured, where, how, and what came out.
type Report struct {
	// Benchmark is "fanout".
	Benchmark  string          `json:"benchmark"`
	Started    time.Time       `json:"started"`
	Machine    machine.Machine `json:"machine"`
	Parley     Build           `json:"parley"`
	Parameters Parameters      `json:"parameters"`
	Server     Measurement     `json:"server"`
	// Baseline is the write loop under the same load, Ratios the server over it; nil when that was not asked for.
	Baseline *Measurement `json:"baseline,omitempty"`
	Ratios   *Ratios      `json:"ratios,omitempty"`
}

// Build is the program that was measured, as far as it is known.
type Build struct {
	Version string `json:"version,omitempty"`
	Commit  string `json:"commit,omitempty"`
}

// Parameters are the load.
type Parameters struct {
	// Target is the server's URL; "" = one of its own.
	Target   string `json:"target,omitempty"`
	Revision int    `json:"revision"`
	Rooms    int    `json:"rooms"`
	Members  int    `json:"members"`
	Senders  int    `json:"senders"`
	// Window or Rate: a closed or an open load.
	Window          int     `json:"window,omitempty"`
	Rate            float64 `json:"rate,omitempty"`
	Size            int     `json:"size"`
	DurationSeconds float64 `json:"duration_seconds"`
	WarmupSeconds   float64 `json:"warmup_seconds"`
}

// Parameters returns the load that o describes. Target is left out.
func (o *Options) Parameters() Parameters {
	return Parameters{
		Revision: o.Revision, Rooms: o.Rooms, Members: o.Members, Senders: o.Senders, Window: o.Window, Rate: o.Rate,
		Size: o.Size, DurationSeconds: o.Duration.Seconds(), WarmupSeconds: o.Warmup.Seconds(),
	}
}

// Ratios are figures of a server over those of another under the same load. 0 stands for what cannot be compared.
type Ratios struct {
	DeliveriesPerSecond float64 `json:"deliveries_per_second"`
	LatencyP50          float64 `json:"latency_p50"`
	LatencyP99          float64 `json:"latency_p99"`
	// ServerCPU is about the seconds per million deliveries.
	ServerCPU float64 `json:"server_cpu"`
}

// Compare returns m over base.
func Compare(m, base Measurement) Ratios {
	r := Ratios{
		DeliveriesPerSecond: over(m.DeliveriesPerSecond, base.DeliveriesPerSecond),
		LatencyP50:          over(float64(m.Latency.P50), float64(base.Latency.P50)),
		LatencyP99:          over(float64(m.Latency.P99), float64(base.Latency.P99)),
	}
	if m.ServerCPU != nil && base.ServerCPU != nil {
		r.ServerCPU = over(m.ServerCPU.PerMillion, base.ServerCPU.PerMillion)
	}
	return r
}

// over is a/b, and 0 where there is no such thing.
func over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return rounded(a / b)
}
