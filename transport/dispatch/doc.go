// Package dispatch sends commands from the edge to actors and waits for their answers.
//
// It is for the edge's protocols (REST, Socket.IO): they speak in users and messages, it speaks in addresses, commands
// and replies. Each method finds the actor, sends one command, and sends it again while the actor's owner changes. Say
// sends a second one to introduce who never talked, Login one to bind an installation. SystemToAll asks no actor.
//
// Promises: a durable command (all but the reads Profile, Passenger, Friendship and Describe, SayLive, and what is live of
// System) carries one id over all its attempts, so that however often it is sent, it is stored at most once. A method
// returns within the deadline of the options or when its context ends, whichever is first. The error is an *im.Error:
// Overloaded means that nothing happened, Unavailable that the effect is unknown, and sending again with the same client id
// is safe.
//
// A Dispatcher is safe for concurrent use and starts no goroutine. It keeps no order between concurrent calls: a caller
// that needs order (one socket's messages) has one durable command in flight at a time. Live messages are sent once and
// need no such wait: SayLive keeps their order.
package dispatch
