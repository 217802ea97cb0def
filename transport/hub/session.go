package hub

import "github.com/parley-im/parley/im"

// Session is one live session. Its methods must not block and must not call the Hub.
type Session interface {
	// ID is the id that commands of the session carry as their origin.
	ID() im.SessionID
	// Send queues a frame: an Engine.IO packet in a WebSocket text frame, which is the same for all clients; those that
	// poll get what is in it. The frame is shared: nobody changes it. When the session does not keep up it closes itself.
	Send(frame []byte)
	// Close ends the session's connection in a way that lets its client come back by itself. The session leaves the Hub a
	// little later.
	Close()
}

// Hooks hears of what the Hub does. Its methods must not block.
type Hooks interface {
	// OnDelivered says that an event ("message", "yourself", "sys", "online", "offline", "online_x", "offline_x") was handed to that many sessions, at
	// least one. Of a room's message it is said once for each event, not for each session.
	OnDelivered(event string, sessions int)
}

type noHooks struct{}

func (noHooks) OnDelivered(string, int) {}
