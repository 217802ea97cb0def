package cluster

import (
	"time"

	"github.com/parley-im/parley/bench/machine"
)

// Report is the result as it is written to files.
type Report struct {
	// Benchmark is "cluster".
	Benchmark string          `json:"benchmark"`
	Started   time.Time       `json:"started"`
	Machine   machine.Machine `json:"machine"`
	// Version and Commit are the nodes', as far as they are known. Run leaves them out.
	Version string `json:"version,omitempty"`
	Commit  string `json:"commit,omitempty"`
	// Load is the machine's load average over a minute before the run and after it, other work included; 0 = not known.
	Load       [2]float64 `json:"load"`
	Parameters Parameters `json:"parameters"`
	// Idle and Loads are in the order in which they were measured.
	Idle  []Idle        `json:"idle"`
	Loads []Measurement `json:"loads"`
}

// Parameters are the Options of a run.
type Parameters struct {
	Nodes           []int   `json:"nodes"`
	Conversations   []int   `json:"conversations"`
	Members         int     `json:"members"`
	Pools           int     `json:"pools"`
	Window          int     `json:"window"`
	Rate            float64 `json:"rate"`
	Size            int     `json:"size"`
	DurationSeconds float64 `json:"duration_seconds"`
	Rounds          int     `json:"rounds"`
}

// Idle is what the nodes of a cluster took of a processor while they had nothing to do.
type Idle struct {
	Nodes int `json:"nodes"`
	Round int `json:"round"`
	// Percent is that of each node, of one core.
	Percent []float64 `json:"cpu_percent_of_a_core"`
}

// Measurement is what both loads found of a cluster with so many conversations.
type Measurement struct {
	Nodes         int `json:"nodes"`
	Conversations int `json:"conversations"`
	Round         int `json:"round"`
	// Broken is how often it was begun before, and ended when a node closed a connection.
	Broken int `json:"broken"`
	// Unanswered is how many messages were under way in the closed load, PerSecond how many were acknowledged, Refused how many were
	// answered otherwise.
	Unanswered int     `json:"unanswered"`
	PerSecond  float64 `json:"acked_per_second"`
	Refused    int64   `json:"refused"`
	// ServerCPU and ClientCPU are processor time per thousand of these, in milliseconds: of all nodes, and of the load
	// generator.
	ServerCPU float64 `json:"server_cpu_ms_per_thousand"`
	ClientCPU float64 `json:"client_cpu_ms_per_thousand"`
	// Latency is from when a message of the open load was due to its acknowledgement, in microseconds; SayDelay how long after that it was
	// said, which is the generator's fault.
	Latency  Latency `json:"latency_microseconds"`
	SayDelay Latency `json:"say_delay_microseconds"`
	// OpenRefused were answered otherwise in the open load, and are not in Latency.
	OpenRefused int64 `json:"open_refused"`
}

// Latency are quantiles in microseconds.
type Latency struct {
	P50 int64 `json:"p50"`
	P99 int64 `json:"p99"`
	Max int64 `json:"max"`
}
