// Package register keeps what all nodes of a cluster must agree upon and what seldom changes: a value that is a fold over one
// log on the cluster's own shard, such as the apps or the members.
//
// A Register holds the value as of one head of the log. Change appends an event that follows from it, under the zero epoch and
// with the seq that was folded, so that of two writers at once one is refused, folds what the other wrote, and decides anew.
// A Register knows what the log held at Load, at its own last attempt to write and, while Run runs, at the last look. The
// value must not be changed by whoever reads it; it is replaced as a whole.
//
// The log is read whole each time that it has changed, and has no snapshots: it is for some hundred events, not for thousands.
//
// A Register is safe for concurrent use and starts no goroutine; Run is the caller's.
package register
