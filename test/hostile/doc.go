// Package hostile attacks a server process with what strangers may send it, and watches whether anybody else notices.
//
// Each test lays siege to a node of its own. Two friends talk to each other before, during and after the attack; each of
// their messages must be answered and heard within patience, in order. When the attack is over and its sockets are closed,
// the node's goroutines, descriptors, connections and heap, read from /metrics, must be back where they were. What is
// attacked must give the answer that docs/protocol.md names.
//
// The sockets are those of transport/ws/wstest, which can send anything, and bare TCP.
package hostile
