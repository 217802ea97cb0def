// Package server puts a node together and runs it. It is the only place that wires: every other package declares what
// it needs, and here each gets it.
//
// Start opens a node from the outside in, so that what can be refused is refused before anything is written: it takes
// the ports, then the data directory and the log, then the actors, the apps, and at last what answers on the ports, the
// clients' edge and the operators'. The ports answer from the beginning, with 503 until the node is up, but for /livez
// and /healthz. Close undoes it in reverse: it stops accepting clients, ends the sockets, lets requests finish, stops the
// actors, closes the log, and last the operators' port.
//
// Errors of Start are for an operator, one line for each problem; nothing was damaged. A Server is safe for concurrent
// use and owns every goroutine that it started: none is left when Close returns.
package server
