package connect

import (
	"time"

	"github.com/parley-im/parley/bench/machine"
)

// Report is the result as it is written to files.
type Report struct {
	// Benchmark is "connect".
	Benchmark string          `json:"benchmark"`
	Started   time.Time       `json:"started"`
	Machine   machine.Machine `json:"machine"`
	// Version and Commit are the node's, as far as they are known. Run leaves them out.
	Version string `json:"version,omitempty"`
	Commit  string `json:"commit,omitempty"`
	// Load is the machine's load average over a minute before the run and after it, other work included; 0 = not known.
	Load [2]float64 `json:"load"`
	// Members and Revision are what was asked for.
	Members  int `json:"members"`
	Revision int `json:"revision"`
	// Pinned is the cores of the node and of the clients; nil = both had all.
	Pinned     *machine.Pinned `json:"pinned,omitempty"`
	Transports []Measurement   `json:"transports"`
}

// Measurement is what one transport costs.
type Measurement struct {
	Transport Transport `json:"transport"`
	// Before is a node that nobody is connected to; Connected one with all sessions, none of them logged in; LoggedIn one
	// with all users, at rest; Left one that they have left.
	Before    Sample `json:"before"`
	Connected Sample `json:"connected"`
	LoggedIn  Sample `json:"logged_in"`
	Left      Sample `json:"left"`
	// Peak is the most resident memory that the node had until all were logged in, garbage included, in bytes.
	Peak int64 `json:"peak_rss_bytes"`
	// Connect is how the sessions were opened: TCP, HTTP and the open packet. LogIn is how the users then logged in. In both
	// 64 were under way at a time.
	Connect Pace `json:"connect"`
	LogIn   Pace `json:"log_in"`
	// Cut says that the clients' sockets were closed; else they fell silent.
	Cut bool `json:"cut"`
	// SessionsGone, ConnectionsGone and ActorsGone are how long after that there was no session, no more connections or
	// goroutines than before, and no actor of a user. Seconds; ActorsGone is 0 when they were not waited for, or in vain.
	SessionsGone    float64 `json:"sessions_gone_seconds"`
	ConnectionsGone float64 `json:"connections_gone_seconds"`
	ActorsGone      float64 `json:"actors_gone_seconds,omitempty"`
}

// Pace is how fast something went for all members, and what it took.
type Pace struct {
	PerSecond float64 `json:"per_second"`
	// CPU is the processor time of the node, in seconds for all together.
	CPU float64 `json:"cpu_seconds"`
}

// FromTCP is the pace of whole logins: one after the other, Connect and LogIn.
func (m *Measurement) FromTCP() Pace {
	return Pace{PerSecond: 1 / (1/m.Connect.PerSecond + 1/m.LogIn.PerSecond), CPU: m.Connect.CPU + m.LogIn.CPU}
}

// Sample is a look at a node whose garbage is collected and whose memory is at rest.
type Sample struct {
	// RSS is the resident memory; Live what is alive on Go's heap; HeapInUse the pages that it lies in; Stacks what the stacks
	// of goroutines take. Bytes.
	RSS       int64 `json:"rss_bytes"`
	Live      int64 `json:"heap_live_bytes"`
	HeapInUse int64 `json:"heap_in_use_bytes"`
	Stacks    int64 `json:"stack_bytes"`
	// Goroutines, Descriptors and Sessions are how many there are; Users how many actors of users are awake.
	Goroutines  int `json:"goroutines"`
	Descriptors int `json:"descriptors"`
	Sessions    int `json:"sessions"`
	Users       int `json:"user_actors"`
}

// PerSession is what each of the sessions that s has more than before takes of what figure tells.
func (s Sample) PerSession(before Sample, figure func(Sample) float64) float64 {
	if s.Sessions <= before.Sessions {
		return 0
	}
	return (figure(s) - figure(before)) / float64(s.Sessions-before.Sessions)
}
