package hub

import "github.com/parley-im/parley/im"

// Variant is a form in which clients get frames. Sessions of one variant share them.
type Variant uint8

const (
	// WebSocketText is an Engine.IO packet in a WebSocket text frame, which is the same for both revisions.
	WebSocketText Variant = iota
	variants
)

// Session is one live session. Its methods must not block and must not call the Hub.
type Session interface {
	// ID is the id that commands of the session carry as their origin.
	ID() im.SessionID
	Variant() Variant
	// Send queues a frame of the session's variant. The frame is shared: nobody changes it. When the session does
	// not keep up it closes itself.
	Send(frame []byte)
}

// Hooks hears of what the Hub does. Its methods must not block.
type Hooks interface {
	// OnDelivered says that an event ("message", "yourself", "online", "offline") was handed to that many sessions, at
	// least one. Of a room's message it is said once for each event, not for each session.
	OnDelivered(event string, sessions int)
}

type noHooks struct{}

func (noHooks) OnDelivered(string, int) {}
