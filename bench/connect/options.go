package connect

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/parley-im/parley/bench/machine"
)

// Transport is how a session is carried, by the name that it has on the wire.
type Transport string

// The transports. A polling session stays one: it is never upgraded.
const (
	Polling   Transport = "polling"
	WebSocket Transport = "websocket"
)

// Transports are all, in the order in which they are measured.
func Transports() []Transport { return []Transport{Polling, WebSocket} }

// Options say what to measure.
type Options struct {
	// Binary is the parley executable.
	Binary string
	// Members is how many sessions are open at a time, each of a user of its own; from 1 to MaxMembers.
	Members int
	// Transports are measured one after the other, each on a fresh node.
	Transports []Transport
	// Revision of Engine.IO: 3 or 4.
	Revision int
	// Cut says that clients who poll leave as those with a WebSocket always do: their sockets are closed, as if their
	// processes had been killed. Else they fall silent and keep their sockets, and the node must find out, which takes it
	// more than three minutes.
	Cut bool
	// Rest is how long the users are logged in and do nothing before they count as at rest: ways to actors are known for a minute
	// after they were used (docs/limits.md, L49).
	Rest time.Duration
	// Still is how long the node's memory must not have changed to be at rest; it is looked at when that was not so within
	// 25 s, too. In less than 10 s a node has not found out itself that it is at rest, and given memory back.
	Still time.Duration
	// Patience is how long after the last session is gone the actors of the users are waited for; zero = not at all.
	Patience time.Duration
	// Pinned is the cores of the node and of this process; nil = both have all. Run says it on, and starts the node on its own.
	Pinned *machine.Pinned
	// OnProgress is told how far a phase is, from several goroutines at once; nil = nobody.
	OnProgress func(phase string, done, total int64)
}

// ownDescriptors is what a node keeps for itself (docs/limits.md, L1), and more than what the clients need beside sessions.
const ownDescriptors = 2500

// MaxMembers is how many connections a node, and this process, can have at a time with the descriptors that the system
// lets a process have.
func MaxMembers() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil || limit.Cur > 1<<24 {
		return 1 << 24
	}
	descriptors := int(limit.Cur) //nolint:gosec // bounded above
	return descriptors - min(descriptors/2, ownDescriptors) - sideConns
}

// Validate returns everything that is wrong with o, with the rules; nil when nothing is.
func (o *Options) Validate() error {
	most := MaxMembers()
	problems := []error{
		check(o.Members >= 1 && o.Members <= most, "members %d: from 1 to %d, for which there are descriptors", o.Members, most),
		check(o.Revision == 3 || o.Revision == 4, "revision %d: 3 or 4", o.Revision),
		check(len(o.Transports) > 0, "transport: none is given"),
		check(o.Rest >= 0, "rest %v: at least 0", o.Rest),
		check(o.Still > 0, "still %v: more than 0", o.Still),
		check(o.Patience >= 0, "wait %v: at least 0", o.Patience),
	}
	for _, t := range o.Transports {
		problems = append(problems, check(slices.Contains(Transports(), t), "transport %q: polling or websocket", t))
	}
	return errors.Join(problems...)
}

func check(holds bool, format string, args ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf(format, args...)
}
