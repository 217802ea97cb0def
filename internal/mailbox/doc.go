// Package mailbox is the mailbox of all actors.
//
//	props := actor.PropsFromProducer(producer, actor.WithMailbox(mailbox.New))
//
// It does what protoactor's unbounded mailbox does, with less memory: most actors rest most of the time (BenchmarkMailbox). Messages
// of the system go first, then those of users, each in the order in which they came; one message is handled at a time. It has no
// bound of its own: what callers may have under way has.
//
// An actor that is known by its name can be sent something while it is being spawned. Here that waits until the actor was started;
// protoactor's mailbox has nobody to hand it to then, and panics. Unlike protoactor's, it takes no actor.MessageBatch apart, which nobody
// sends.
package mailbox
