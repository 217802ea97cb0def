// Package store keeps the state of a node's shards: one state machine for each that the node has, all of them in one Pebble store.
//
// It is used by package eventlog, which feeds each Shard the committed commands of one Raft group and reads from the
// Store after a barrier. It knows nothing of Raft, and it never reads a clock: what it keeps is a function of the
// commands alone, so every replica of a shard ends up with the same keys and values. LAYOUT.md draws every key, value,
// command and stream byte by byte.
//
// Promises:
//
//   - A command is in one Pebble batch: its entries, ids, heads, owed, snapshots, public records with their index, and
//     the applied index appear together. An Update is as few batches as its commands fit into, mostly one.
//   - Without a write-ahead log (the Raft log is one), what is on disk is always a prefix of what was applied. Sync
//     makes all of it durable.
//   - An append is stored whole or refused whole, and a refusal does not touch its neighbours in the batch.
//   - What lies before the watermark of a class (Marks) is read by nobody, on no replica; what an address needs of it to be
//     loaded was copied before. Reclaim takes it from the disk, so that no byte of a body is left.
//
// Concurrency: a Shard's Update, Sync, View and Recover are called by one goroutine at a time, and none of them beside or
// after a Drop of the shard. Reclaim may run beside all of them. All reads on Store are safe for concurrent use with
// everything but Close; what reads a shard while it is replaced or dropped finds some of it.
package store
