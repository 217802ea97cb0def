// Package writeloop is the limit that fan-out is compared with: the least that a server on one machine can do which writes
// every message to every member by itself.
//
// It is a bare loop around gobwas/ws and write(2). For each `say` to a room it writes one frame, made before and only
// patched with the new body, to every other member, with one system call each. It knows no users, stores nothing, checks
// no signature, queues nothing, and a member who does not read holds everybody up: no server could be used like that, but
// none that makes one write per delivery can be faster. (One that joins several messages in a write can, and should.)
//
// It speaks as much of the MaxIM protocol as a load generator needs to treat it like parley: the login over WebSocket in
// Engine.IO 3 and 4, POST /rooms and POST /rooms/{id}/members, DELETE /rooms/{id}, /readyz, and /metrics with
// process_cpu_seconds_total.
//
// A Server is an http.Handler. Each connection has one goroutine, the one that net/http gave it; Close ends them.
package writeloop
