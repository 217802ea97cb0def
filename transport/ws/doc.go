// Package ws carries text messages over WebSocket (RFC 6455), server side, for many connections that are mostly idle.
//
// A Server upgrades HTTP requests and owns what comes of them, and Close waits for all of it. What a connection receives is called
// back on its Handler; what is sent to it never blocks. On Linux plain sockets are served by a few event loops, without a goroutine or
// buffer for each (looped); others, such as those under TLS, by a goroutine that reads and one that writes (streamed).
//
// Promises:
//   - Send never blocks, not even on a dead peer. The queue of a connection is bounded in bytes
//     (Options.MaxPendingBytes); the frame that does not fit any more makes the connection fail with ErrSlow, and so does
//     a write that takes longer than Options.WriteTimeout.
//   - Everything that is queued when its turn to be written comes goes out in one write.
//   - Close sends what is queued, then a close frame; the peer gets all of it, or the connection times out.
//   - Received bytes are copied once, from the read buffer into the message that the Handler gets and then owns.
//   - Peers that break the protocol are closed with the code that RFC 6455 asks for: unmasked frames, reserved bits or
//     opcodes, control frames that are long or fragmented, close codes that nobody may send (1002), text that is not
//     UTF-8 (1007), messages over Options.MaxMessageBytes (1009). Peers that are too slow are closed with 1008.
//
// Binary messages are skipped. No extension is negotiated, and the Origin is not looked at.
package ws
