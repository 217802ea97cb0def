package ws

import "errors"

// Conn is one open connection. All methods are safe for concurrent use and never block.
type Conn interface {
	// Send queues frame, which must be a complete frame as TextFrame makes it. It is kept until it is written, so
	// nobody may change it afterwards; the same frame may be sent to any number of connections. After the end of
	// the connection Send does nothing.
	Send(frame []byte)
	// Write is Send for one complete frame or several in a row, and for whoever has the time: what the system takes of them,
	// behind what was queued before, is written when Write returns. The rest waits as what is sent does.
	Write(frames []byte)
	// Pause stops reading after the current message, so that the peer feels TCP's own backpressure; Resume goes on.
	// They do not nest.
	Pause()
	Resume()
	// Close ends the connection in good order: what is queued is sent, then a close frame with code. The Handler
	// gets no more messages than the one it may be handling, and OnClose(ErrClosed) soon.
	Close(code uint16)
}

// Handler receives what happens on one connection. Its methods are called one at a time and must not block.
type Handler interface {
	// OnText takes one text message, valid UTF-8. The slice is the Handler's.
	OnText(message []byte)
	// OnClose is the last call: no message comes, and none goes, any more. The reason is ErrClosed, ErrSlow,
	// ErrPeerClosed, a *Violation, or the network's error.
	OnClose(reason error)
}

// Close codes of RFC 6455, section 7.4.1, as far as they are used here.
const (
	CloseNormal        uint16 = 1000
	CloseGoingAway     uint16 = 1001
	CloseProtocolError uint16 = 1002
	CloseBadUTF8       uint16 = 1007
	ClosePolicy        uint16 = 1008
	CloseTooBig        uint16 = 1009
)

var (
	// ErrClosed is the reason of a connection that Conn.Close or Server.Close ended.
	ErrClosed = errors.New("ws: closed by this side")
	// ErrPeerClosed is the reason of a connection that the peer ended with a close frame.
	ErrPeerClosed = errors.New("ws: closed by the peer")
	// ErrSlow is the reason of a connection whose peer did not read fast enough: it had too much to take, or took too
	// long for it. It gets a close frame with ClosePolicy, if it takes what was being written before.
	ErrSlow = errors.New("ws: peer is too slow")
)

// Violation is the reason of a connection whose peer broke the protocol.
type Violation struct {
	// Code is the close code that was sent.
	Code uint16
	Err  error
}

// Error returns the cause.
func (v *Violation) Error() string { return "ws: protocol violation: " + v.Err.Error() }

// Unwrap returns the cause.
func (v *Violation) Unwrap() error { return v.Err }
