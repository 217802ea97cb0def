// Package actors runs cores as virtual actors: it is the one shell in which every user, dialog and the like lives.
//
// An Owner is spawned for each shard and Raft term that this node leads, and spawns an activation for each address that
// is asked for. An activation decides a command over its speculative state, applies the events at once, and hands them
// to the shard's log; replies and tells leave in order, and only when the log has stored what they rest on. Refused
// or unknown resets the activation in place: a new epoch, state from the log, mailbox kept. Moved retires it: its commands
// go back with Retry. Crash and replay is the only recovery path.
//
// What one actor must tell another (facts, messages) is owed until the receiver has taken it: the outbox is a cursor over
// the actor's own log, so a new owner finds what is owed and tells it without anybody touching the actor.
//
// A message that is older than the window is folded by its number alone. Before the log lets go of events it asks for snapshots
// (Host.Cover), for which an actor wakes without looking who is there. A core that is deleted says so, and the log forgets it.
//
// Presence is soft: the hub alone knows who is there. An actor whose core is a core.Attender compares what it told the core
// with the hub's word whenever it is nudged, loaded or reset, lets a user without sessions count as online for a while, and
// stays awake as long as anybody is there. Nudges reach actors that are awake, and may be lost; what friends ask each other is
// asked again until it is answered, by the owner for an actor that sleeps. When a shard has another owner, what an earlier
// one said of its users is doubted, and asked again.
//
// Everything in an activation happens in its Receive, which waits for nothing but one look into the local store: the log and the callers answer by callbacks that
// send a message to the activation. A Host is safe for concurrent use.
package actors
