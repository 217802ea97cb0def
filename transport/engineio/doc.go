// Package engineio speaks Engine.IO, revisions 3 and 4, over WebSocket and by long polling: handshake, packets, heartbeat, and
// the upgrade from polling to WebSocket.
//
// An Engine is an http.Handler for the Socket.IO path. For each session that a client opens it calls Options.Open,
// which returns the Handler of that session's messages; Session is what the Handler sends with. Neither knows how the
// session is carried. The rules are those of "The MaxIM wire protocol", sections 3.1-3.7, 3.10 and 13: a missing or unknown
// EIO parameter means revision 3, the open packet and the heartbeat follow the revision, unknown packets are ignored.
//
// A session is carried by a WebSocket, package ws, or by polls. What is sent to one that is polled waits as WebSocket frames,
// the form in which messages are shared by many sessions; a GET takes all that waits, without the frames and put together as
// package payload says. A GET that waits for longer is parked: it leaves net/http, whose goroutines and buffers for it are
// most of what such a session would cost, and its connection comes back with the answer (docs/adr/0017). A POST hands its packets over in its own goroutine, one after the other. An upgrade gives what waits,
// in order, to a WebSocket that the client has tried; from then on the session is like one that began there.
//
// Promises:
//   - A Handler's methods are called one at a time, and OnClose exactly once, as the last of them, soon after Session.Close or
//     the end of the connection. A POST that is under way during an upgrade is heard before the WebSocket is.
//   - What is sent arrives once and in order, or the session ends. What a GET took and could not deliver ends it.
//   - A session whose peer is silent for longer than the heartbeat allows is closed; being paused does not count as silence, nor
//     does an upgraded session that waits for its POST.
//     A broken GET ends a session, but not in the course of an upgrade: whatever fails there, polling goes on.
//   - What a session sends before Session.Close reaches a client that polls within lingerTime.
//   - Send never blocks, and what waits is bounded (MaxPendingBytes), whoever carries it. So are the sessions that need no
//     connection, and their logins (Options.MaxPolling, Options.MaxPollingAuthBytes).
//
// The heartbeats of all sessions are timed by one wheel, which has one timer while there are sessions; see wheel.go.
//
// Goroutines are those of package ws and of the HTTP server, one for each parked poll, and one at the end of each polled session;
// Close waits for both.
package engineio
