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
	// WebSocket holds the limits of the connections. MaxMessageBytes is announced to clients of revision 4.
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
	o.WebSocket.EnsureDefaults()
}

func setDefault(v *time.Duration, def time.Duration) {
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
