// Package disk stands between a node's stores and the disk: it ends what must not go on, and watches what may end soon.
//
// The stores' file systems (eventlog for Raft's log, eventlog/store for the store) hand every operation that changes
// something to a Disk. One that fails breaks the Disk: Options.OnBroken is told once, and the operation, like every one
// after it, never returns. So nobody repeats an fsync that failed and takes the second for the first, nobody
// acknowledges what may not be there, and nobody panics while the process ends. A process whose disk is broken has
// nothing left to do but to end; the next start reads what was synced.
//
// Run watches the free space, so that the node can refuse what grows before the disk is full (Low), and the syncs that
// are under way, so that a slow disk is logged while it is slow.
//
// In a build with the tag faults, and in no other, SetFaults makes the disk fail on command (ADR 14).
//
// A Disk is safe for concurrent use. Run is its only goroutine.
package disk
