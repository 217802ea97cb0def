package readers

import (
	"errors"
	"time"
)

const (
	// PerReader is how many sockets a goroutine reads at most.
	PerReader = 4096
	// bufferBytes is the size of a read: what a server may have sent in one go, and what stays in a core's cache.
	bufferBytes = 64 << 10
	// leastRead is the room that a read should have beside the beginning of a frame.
	leastRead = 4 << 10
	// narrowBytes is the receive buffer of a socket that is narrow: enough for what one who reads has not read yet.
	narrowBytes = 32 << 10
	// writeTimeout bounds one write: a server that has stopped reading makes Write fail.
	writeTimeout = 10 * time.Second
)

// ErrGone is returned for a socket that has ended, or never was.
var ErrGone = errors.New("the connection has ended")

var errBlocked = errors.New("the server has not read for 10 s")

// Handler takes what the sockets of one reader receive. Its methods are called by one goroutine at a time, which must not be kept
// waiting: nothing of all the other sockets is read meanwhile.
type Handler interface {
	// Take is given what a socket has received: what Take has left of it before, and what has come since. It returns how many
	// bytes it is done with; what is left should be the beginning of a frame. An error ends the socket. b is valid during the call.
	Take(id int, b []byte) (used int, err error)
	// Ended is told once that a socket has ended, and why: io.EOF when the peer closed it in good order. It is not told for those
	// that Close ends.
	Ended(id int, reason error)
}
