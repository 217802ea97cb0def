package start

import (
	"time"

	"github.com/parley-im/parley/bench/machine"
)

// Report is the result as it is written to files.
type Report struct {
	// Benchmark is "start".
	Benchmark string          `json:"benchmark"`
	Started   time.Time       `json:"started"`
	Machine   machine.Machine `json:"machine"`
	// Version and Commit are the node's, as far as they are known. Run leaves them out.
	Version string `json:"version,omitempty"`
	Commit  string `json:"commit,omitempty"`
	// Load is the machine's load average over a minute before the run and after it, other work included; 0 = not known.
	Load   [2]float64 `json:"load"`
	Fill   Fill       `json:"fill"`
	Starts []Start    `json:"starts"`
}

// Fill is what the directory holds, and what it took to get there.
type Fill struct {
	Users  int `json:"users"`
	Groups int `json:"groups"`
	// Messages were acknowledged, with bodies of MessageBytes together.
	Messages     int   `json:"messages"`
	MessageBytes int64 `json:"message_bytes"`
	// UserSeconds and MessageSeconds are how long both took.
	UserSeconds    float64 `json:"user_seconds"`
	MessageSeconds float64 `json:"message_seconds"`
	// Peak is the most memory that the node had while it was filled, with Awake user actors at the end of the users.
	Peak  int64 `json:"peak_rss_bytes"`
	Awake int64 `json:"awake_users"`
}

// Way is what happened before a start.
type Way string

const (
	// Empty is a start on the directory before it was filled.
	Empty Way = "empty"
	// Stopped is a start after SIGTERM and an end in good order.
	Stopped Way = "stopped"
	// Killed is a start after SIGKILL while messages were being said.
	Killed Way = "killed"
)

// Ways are all, in the order of a run.
func Ways() []Way { return []Way{Empty, Stopped, Killed} }

// Start is what one start was like.
type Start struct {
	Way Way `json:"way"`
	// Stop is how long the stop before took, from SIGTERM to the end; 0 = there was none. Seconds.
	Stop float64 `json:"stop_seconds,omitempty"`
	// Ready is from exec to the first 200 of /readyz, which is asked every 20 ms; Acked to the first message that a user,
	// who logged in then, had acknowledged. Seconds.
	Ready float64 `json:"ready_seconds"`
	Acked float64 `json:"acked_seconds"`
	// The node's resident memory in bytes: when it was ready, after the first message and a collection of garbage, after
	// the samples; and the most that it had until then. 0 = not known.
	RSSReady   int64 `json:"rss_ready_bytes"`
	RSSGC      int64 `json:"rss_gc_bytes"`
	RSSSampled int64 `json:"rss_sampled_bytes"`
	RSSPeak    int64 `json:"rss_peak_bytes"`
	// HeapGC is what Go's heap had in use after that collection, in bytes.
	HeapGC int64 `json:"heap_gc_bytes"`
	// CPU is the processor time that the node had used when the first message was acknowledged, in seconds.
	CPU float64 `json:"cpu_seconds"`
	// Read is how long GET /ctx/{u} took for users that slept, one after the other, Login how long a login did, the
	// connection included; nil = there are no users yet.
	Read  *Latency `json:"read_microseconds,omitempty"`
	Login *Latency `json:"login_microseconds,omitempty"`
	// Log is parley_log_bytes of the store, Disk the size of all files of the directory, in bytes.
	Log  int64 `json:"log_bytes"`
	Disk int64 `json:"disk_bytes"`
}

// Latency are quantiles in microseconds.
type Latency struct {
	P50 int64 `json:"p50"`
	P99 int64 `json:"p99"`
	Max int64 `json:"max"`
}
