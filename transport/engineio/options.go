package engineio

import (
	"time"

	"github.com/parley-im/parley/transport/ws"
)

// Options configure an Engine. Open is required; the zero value of the others means their default.
type Options struct {
	// Open is called for each session. It may send at once; the open packet goes first.
	Open func(*Session, Handshake) Handler
	// Clock runs heartbeats. Default: SystemClock.
	Clock Clock
	// PingInterval is the time between heartbeats, announced to clients. Default 25 s.
	PingInterval time.Duration
	// PingTimeout3 and PingTimeout4 are how long an answer to a heartbeat may take, for revisions 3 and 4. Defaults
	// 60 s, from which the Swift client derives how many it may miss, and 20 s.
	PingTimeout3, PingTimeout4 time.Duration
	// MaxPolling bounds the sessions that have no WebSocket; overflow: no more are opened. Between polls such a session
	// needs no connection, so what bounds connections does not bound them. Default 50,000: some times what a node is
	// meant for, at a few KiB each.
	MaxPolling int
	// WebSocket holds the limits of the connections. Those that are not about frames hold for polling, too:
	// MaxMessageBytes for the body of a POST, MaxPendingBytes for what waits for polls, WriteTimeout for an answer, and
	// OnSlow. MaxMessageBytes is announced to clients of revision 4.
	WebSocket ws.Options
}

// EnsureDefaults sets what is unset.
func (o *Options) EnsureDefaults() {
	if o.Clock == nil {
		o.Clock = SystemClock{}
	}
	setDefault(&o.PingInterval, 25*time.Second)
	setDefault(&o.PingTimeout3, 60*time.Second)
	setDefault(&o.PingTimeout4, 20*time.Second)
	setDefault(&o.MaxPolling, 50_000)
	o.WebSocket.EnsureDefaults()
}

func setDefault[T ~int | ~int64](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

func (o *Options) pingTimeout(r Revision) time.Duration {
	if r == Rev4 {
		return o.PingTimeout4
	}
	return o.PingTimeout3
}
