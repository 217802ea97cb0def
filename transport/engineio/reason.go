package engineio

import (
	"errors"

	"github.com/parley-im/parley/transport/ws"
)

// Reason says why a session ended, for logs and metrics.
type Reason string

// The reasons. A user of a Session may close it with others.
const (
	// ReasonClient: the client said goodbye.
	ReasonClient Reason = "client closed"
	// ReasonGone: the connection, or that of a waiting poll, broke.
	ReasonGone Reason = "connection lost"
	// ReasonTimeout: the client missed a heartbeat.
	ReasonTimeout Reason = "ping timeout"
	// ReasonSlow: the client did not read fast enough.
	ReasonSlow Reason = "slow"
	// ReasonViolation: the client broke the WebSocket protocol, or the rules of polling.
	ReasonViolation Reason = "protocol violation"
	// ReasonShutdown: the server closes.
	ReasonShutdown Reason = "shutdown"
)

// reasonOf translates the end of a WebSocket.
func reasonOf(err error) Reason {
	var v *ws.Violation
	switch {
	case errors.Is(err, ws.ErrPeerClosed):
		return ReasonClient
	case errors.Is(err, ws.ErrSlow):
		return ReasonSlow
	case errors.Is(err, ws.ErrClosed):
		return ReasonShutdown
	case errors.As(err, &v):
		return ReasonViolation
	}
	return ReasonGone
}
