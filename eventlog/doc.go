// Package eventlog is the replicated log: append, load, history, snapshots, and who leads which shard.
//
// Every address (im.Address) has a log of its own. Addresses hash to shards; each shard is one Raft group (dragonboat)
// whose state machine keeps its part of the node's one store (package store). A single node is a cluster of one, on the
// same code path. Open starts a node's part of it, Close ends it. Nodes of a cluster of several prepare their directories
// first, and form when each knows the others, or join a cluster that is there: see Directory.
//
// # Promises
//
//   - An append answered im.Stored is on the disks of a majority, and applied here. It stays, exactly once.
//   - An append is stored whole or not at all. im.Refused and im.Moved mean not at all, im.Unknown means that nobody
//     knows yet.
//   - One writer: an append is refused unless its epoch is at least the highest stored for the address, and it expects
//     exactly the seq that the log has. N continues, stamps strictly grow.
//   - Reads wait for the shard's ReadIndex, so they see everything that was answered before they began, on any node.
//     Lookup alone does not wait: it sees what this node has applied.
//   - Without a majority nothing is stored and no read is answered: appends are Unknown or Moved, reads Unavailable, within
//     two seconds. When it is back, so is everything that was answered im.Stored.
//   - A record and a floor that an append brings take effect with it: searches find what the newest stored append of an
//     address said, History hides what the highest floor hides.
//   - What is older than the window is not read, and soon in no file; the state of its address stays. What is younger stays,
//     whatever clocks do for less than a day. An entry with a stamp below Sealed is refused. Log.Retention says how far it is.
//
// # Who leads
//
// Appends of an address are made on the node that leads its shard; elsewhere they are Moved. Shard 0, the cluster's own, takes
// them on every node: those of followers are forwarded, and Unknown when they are lost on the way. Options.OnLeader tells who
// leads. Each node takes its share of the shards once it is up for some seconds and has caught up; Drain hands over what it
// leads, before Close or while it is to be idle.
//
// # Who the members are
//
// The log does not decide who is a member: Log.SetMembers tells it, on every node, and it brings its Raft groups there in
// the background, while appends go on. All members take part in all shards. Who comes gets what the others have first, and
// votes in a shard once it has caught up; who goes is removed, and hears of it (Options.OnRemoved). A number that was removed
// never comes back. Log.Membership tells how far it is.
//
// # What happens to an append
//
// It queues in its shard, bounded in bytes and in items (overflow: Overloaded). The shard's committer takes one of two
// in-flight slots first and then drains what has gathered, up to 256 items (appends, parts of snapshots, told cursors)
// or 256 KiB, into one proposal: under load batches grow by themselves and nothing waits for a timer. A second
// goroutine awaits the results in order and calls Done. DESIGN.md says why, and what to know before changing it.
//
// # Concurrency
//
// All methods of Log are safe for concurrent use. Callbacks run on the log's own goroutines and must not block, so a
// callback may call any method that does not wait: not Close, Ready, History, Read or Search.
package eventlog
