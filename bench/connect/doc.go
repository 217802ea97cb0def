// Package connect measures what a connection costs a node, by transport: memory, goroutines, descriptors and time of
// sessions that are open and of users who are logged in and say nothing; and that all of it is given back when they are gone.
//
//	report, err := connect.Run(ctx, connect.Options{Binary: self, Members: 10_000, Revision: 3, Transports: connect.Transports()})
//
// For each transport a node is started on a directory of its own. All users log in once, so that the log knows them, and the
// node is started again: what follows is the cost of connections, not of users that are new. Then sessions are opened, the
// users log in, and the clients leave without a word. The node is looked at before, between and after, each time when
// its garbage is collected and its memory has come to rest.
//
// Clients do what real ones do. WebSockets are those of package swarm. Who polls has one kept connection, on which a GET
// always hangs; heartbeats are posted over a few connections that all share.
//
// Run is for one goroutine; all that it starts has ended when it returns, the node included.
package connect
