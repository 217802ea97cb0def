// Package baddays tests what a server does when its disk does not: full, nearly full, slow, and with an fsync that fails.
//
// The server is a process of its own, built with the tag faults, in which PUT /debug/faults on the operators' listener
// makes the disk under its stores misbehave. Users talk over real sockets before, while and after it does, as clients
// do: what is not acknowledged they send again with the same id, on the next socket if need be. At the end every
// conversation's history is compared with what was sent and acknowledged (test/ledger).
package baddays
