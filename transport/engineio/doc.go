// Package engineio speaks Engine.IO, revisions 3 and 4, over WebSocket: handshake, packets, heartbeat.
//
// An Engine is an http.Handler for the Socket.IO path. For each session that a client opens it calls Options.Open,
// which returns the Handler of that session's messages; Session is what the Handler sends with. The rules are those of
// "The MaxIM wire protocol", sections 3.1-3.7 and 3.10: a missing or unknown EIO parameter means revision 3, the open
// packet and the heartbeat follow the revision, unknown packets are ignored. Long polling is not spoken: it is
// answered with the error "Transport unknown".
//
// Promises: a Handler's methods are called one at a time, and OnClose exactly once, as the last of them, soon after
// Session.Close or the end of the connection. A session whose peer is silent for longer than the heartbeat allows
// is closed; being paused does not count as silence.
package engineio
