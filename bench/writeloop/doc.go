// Package writeloop is the limits that fan-out is compared with: the least that a server on one machine can do which writes
// every message to every member by itself. It has two strategies.
//
// WritePerFrame writes each message to each member with one system call, the way of most servers. The frame is made once for a
// size and only patched with the new body; nothing is queued, and a member who does not read holds everybody up. No server that
// makes one write per delivery can be faster.
//
// Coalesced gathers what was said to a room while it was writing, encodes each message once, and then makes a pass: one
// non-blocking write of all of it to every member. What a socket does not take waits for the next pass, up to a bound; beyond
// that the member is cut off. No server that uses a socket per member and plain system calls can do with much less: it is the
// limit of a server that joins messages, as one should.
//
// Both know no users, store nothing, check no signature. They speak as much of the MaxIM protocol as a load generator needs to
// treat them like parley: the login over WebSocket in Engine.IO 3 and 4, POST /rooms, POST and DELETE /rooms/{id}/members,
// DELETE /rooms/{id}, /readyz, and /metrics with process_cpu_seconds_total and process_resident_memory_bytes.
//
// A Server is an http.Handler. Each connection has one goroutine, the one that net/http gave it, and with Coalesced each room has
// one; Close ends them.
package writeloop
