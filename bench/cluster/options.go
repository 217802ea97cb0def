package cluster

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Options say what to measure. cmd/parley has the defaults.
type Options struct {
	// Binary is the parley executable.
	Binary string
	// Nodes are the sizes of the clusters, each once, the one that the others are compared with first.
	Nodes []int
	// Conversations are the numbers of groups that are talked in, one after the other.
	Conversations []int
	// Members is how many users a group has, Pools how many sets of so many users there are. Groups take turns with the pools, so
	// fewer groups than Pools are talked in by fewer users.
	Members, Pools int
	// Window is how many messages of a user are unacknowledged in the closed load, if its pool has as many groups.
	Window int
	// Rate is how many messages are due per second in the open load, in all.
	Rate float64
	// Size is the length of a message's body in bytes.
	Size int
	// Duration is how long each load is measured, Warmup how long it has been on before, at least; the closed one is on until there
	// have been as many messages as groups. Idle is how long nodes that have nothing to do are looked at.
	Duration, Warmup, Idle time.Duration
	// Rounds is how often all of it is done.
	Rounds int
	// OnProgress is told how far a phase is, in units of its own, from several goroutines at once; nil = nobody.
	OnProgress func(phase string, done, total int64)
}

const (
	maxNodes         = 9
	maxConversations = 1 << 20
	// maxUsers bounds the sockets of the run.
	maxUsers = 4096
	// maxWindow is what a server takes at least of one session (L21 in docs/limits.md).
	maxWindow = 64
	// MaxSize is what a server must take at least (MaxIM protocol, 5.3), less the rest of a `say`.
	MaxSize     = 60 << 10
	maxRate     = 1e5
	maxDuration = time.Hour
)

// Validate returns everything that is wrong with o, with the rules; nil when nothing is.
func (o *Options) Validate() error {
	return errors.Join(
		check(distinct(o.Nodes, maxNodes), "nodes %v: numbers from 1 to %d, each once", o.Nodes, maxNodes),
		check(distinct(o.Conversations, maxConversations), "conversations %v: numbers from 1 to %d, each once", o.Conversations, maxConversations),
		check(o.Members >= 2, "members %d: at least 2, one speaks and one hears", o.Members),
		check(o.Pools >= 1 && o.Members*o.Pools <= maxUsers, "pools %d of %d members: at least 1, and at most %d users", o.Pools, o.Members, maxUsers),
		check(o.Window >= 1 && o.Window <= maxWindow, "window %d: from 1 to %d", o.Window, maxWindow),
		check(o.Rate > 0 && o.Rate <= maxRate, "rate %v: more than 0, up to %d a second", o.Rate, int(maxRate)),
		check(o.Size >= 1 && o.Size <= MaxSize, "size %d: from 1 to %d bytes", o.Size, MaxSize),
		check(o.Duration > 0 && o.Duration <= maxDuration, "duration %v: up to %v", o.Duration, maxDuration),
		check(o.Warmup >= 0 && o.Warmup <= maxDuration, "warmup %v: up to %v", o.Warmup, maxDuration),
		check(o.Idle > 0 && o.Idle <= maxDuration, "idle %v: up to %v", o.Idle, maxDuration),
		check(o.Rounds >= 1, "rounds %d: at least 1", o.Rounds),
	)
}

func check(holds bool, format string, args ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf(format, args...)
}

func distinct(numbers []int, most int) bool {
	sorted := slices.Sorted(slices.Values(numbers))
	return len(sorted) > 0 && sorted[0] >= 1 && sorted[len(sorted)-1] <= most && len(slices.Compact(sorted)) == len(numbers)
}
