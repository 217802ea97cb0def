package engineio

import (
	"net"
	"time"

	"github.com/parley-im/parley/transport/ws"
)

// Options configure an Engine. Open is required; the zero value of the others means their default.
type Options struct {
	// Open is called for each session. It may send at once; the open packet goes first.
	Open func(*Session, Handshake) Handler
	// SIDPrefix begins the id of each session, so that others can tell whose it is; URL-safe characters. Default: nothing.
	SIDPrefix string
	// Clock runs heartbeats. Default: SystemClock.
	Clock Clock
	// PingInterval is the time between heartbeats, announced to clients. Default 25 s. What it and the two below time is never
	// early, and late by a 64th of the shortest of them at most, or 250 ms if that is less, or 1 ms if that is more.
	PingInterval time.Duration
	// PingTimeout3 and PingTimeout4 are how long an answer to a heartbeat may take, for revisions 3 and 4. Defaults
	// 60 s, from which the Swift client derives how many it may miss, and 20 s.
	PingTimeout3, PingTimeout4 time.Duration
	// MaxPolling bounds the sessions that have no WebSocket; overflow: no more are opened. Between polls such a session
	// needs no connection, so what bounds connections does not bound them. Default 50,000: some times what a node is
	// meant for, at a few KiB each.
	MaxPolling int
	// MaxPollingAuthBytes bounds the logins that came with the handshakes of these sessions, Handshake.Auth, together: handlers
	// may keep them as long as the session lasts, and nobody has checked them yet. Overflow: as with MaxPolling. Default
	// 256 MiB: 5 KiB for each, many times a usual login.
	MaxPollingAuthBytes int
	// Return takes over the connection of a poll that was parked, when the answer has left: it must let the HTTP server read
	// the client's next request from it, whatever deadlines are set. read is what was read of that already, at most a few KiB.
	// Package reentry does this for TCP. Default: polls are not parked.
	Return func(conn net.Conn, read []byte)
	// ParkAfter is how long a poll waits before it is parked: as long, an answer costs what it costs anywhere in net/http, and
	// later some 20 KiB less to wait for and some 30 us more to give. Default 1 s: who is spoken to more often is never parked.
	ParkAfter time.Duration
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
	setDefault(&o.MaxPollingAuthBytes, 256<<20)
	setDefault(&o.ParkAfter, time.Second)
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
