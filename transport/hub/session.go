package hub

import (
	"time"

	"github.com/parley-im/parley/im"
)

// Session is one live session. Its methods must not block and must not call the Hub.
type Session interface {
	// ID is the id that commands of the session carry as their origin.
	ID() im.SessionID
	// Send queues a frame: an Engine.IO packet in a WebSocket text frame, which is the same for all clients; those that
	// poll get what is in it. The frame is shared: nobody changes it. When the session does not keep up it closes itself.
	Send(frame []byte)
	// SendAll is Send for each frame of a batch. now asks that what can be written be written before it returns.
	SendAll(b Batch, now bool)
	// Close ends the session's connection in a way that lets its client come back by itself. The session leaves the Hub a
	// little later.
	Close()
}

// Hooks hears of what the Hub does. Its methods must not block.
type Hooks interface {
	// OnDelivered says that an event ("message", "yourself", "sys", "online", "offline", "online_x", "offline_x") was handed to that many sessions, at
	// least one. Of a room's message it is said once for each event of a pass, not for each session.
	OnDelivered(event string, sessions int)
	// OnFannedOut says that what was published in a room has been handed to all of its listeners here, and how long that took,
	// the wait for others included.
	OnFannedOut(took time.Duration)
	// OnRelayDropped says that something another node relayed was dropped, because too much waits for a pass over its room.
	OnRelayDropped()
}

type noHooks struct{}

func (noHooks) OnDelivered(string, int) {}

func (noHooks) OnFannedOut(time.Duration) {}

func (noHooks) OnRelayDropped() {}
