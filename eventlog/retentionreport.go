package eventlog

import (
	"time"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// RetentionReport says what one node's log keeps of the past: how much that weighs, when it goes, and what holds it up. It is of
// one moment, and of this node alone: another one may have deleted what this one still has.
type RetentionReport struct {
	// Now is the time by which messages are hidden: that of Options.Clock, guarded; of a stopped node, that of who asks.
	Now   im.Millis
	Clock ClockReport
	// Classes are those that expire, in their order.
	Classes []ClassRetention
	// Shards are those of which this node has a replica, by number.
	Shards []ShardRetention
	Disk   DiskReport
	// Reclaimed is what was deleted since Open.
	Reclaimed ReclaimedReport
}

// ClassRetention is what there is of a class of messages.
type ClassRetention struct {
	Class store.Class
	// Window is how long messages can be read; 0 of a stopped node, which is told at its next start.
	Window time.Duration
	// Kept is the longest window of any member that this node has heard of: what is older than that is deleted. 0 of a stopped node.
	Kept time.Duration
	// Length is the length of a bucket, fixed by the first start of the directory.
	Length im.Millis
	// Watermark is the lowest of the shards that are here: what lies before it is read by nobody, and deleted.
	Watermark im.Millis
	// Buckets are those of which something is on the disk, oldest first.
	Buckets []store.Bucket
	// IDs are those of the ids by which repeats are known, each as long as a window.
	IDs []store.Bucket
}

// ShardRetention is how far a shard is.
type ShardRetention struct {
	Shard im.ShardID
	// Leader is the number of the replica that leads it, 0 when nobody does that this node knows of; Leading says that it is this one.
	Leader  uint64
	Leading bool
	// Marks are those of RetentionReport.Classes, in that order.
	Marks []store.Marks
	// Waits says, by class, why its watermark has not moved although it is due; "" = nothing is due, or it is about to.
	Waits []Holdup
	// Carried counts the entries that are kept beyond their bucket, Graves the deleted objects that are not forgotten yet.
	Carried, Graves uint64
	// RaftOldest is the time of the oldest command in Raft's log, or before it; 0 when that is not known.
	RaftOldest im.Millis
}

// Holdup is why a watermark does not move.
type Holdup string

// What may hold a shard up.
const (
	// HoldupNone: nothing does.
	HoldupNone Holdup = ""
	// HoldupNoLeader: nobody leads the shard.
	HoldupNoLeader Holdup = "no-leader"
	// HoldupElsewhere: another node leads the shard, and knows.
	HoldupElsewhere Holdup = "elsewhere"
	// HoldupMembers: too few members have said lately what their clocks say.
	HoldupMembers Holdup = "few-members"
	// HoldupClock: this node's clock is too far from those of the others, or has jumped and is not believed yet.
	HoldupClock Holdup = "clock"
	// HoldupRefused: the log does not take the command, as without a majority.
	HoldupRefused Holdup = "refused"
)

// ClockReport is what this node knows of clocks.
type ClockReport struct {
	// Wall is what the wall clock says. It is ahead of RetentionReport.Now while it is not believed.
	Wall im.Millis
	// Believed says that the wall clock is followed.
	Believed bool
	// Members is the number of members, Heard how many of them, this one included, have said lately what their clocks say.
	Members, Heard int
	// Offset is how far the clock of this node is ahead of the median of those that were heard, negative when behind.
	Offset time.Duration
	// Apart says that Offset is too large for this node to let anything expire.
	Apart bool
	// Alarms counts since Open how often the clock ceased to be believed, or was found apart from the others.
	Alarms uint64
}

// DiskReport is what the log takes on disk, in bytes.
type DiskReport struct {
	// Store is the store, Raft the log of all shards with its snapshots.
	Store, Raft uint64
	// Views is the number of moments of the store that somebody reads, as who is sent a whole shard: buckets that they may need stay.
	Views int
	// Failed is why the last attempt to delete did not succeed; "" = it did.
	Failed string
}

// ReclaimedReport counts what retention has done on this node since Open.
type ReclaimedReport struct {
	// Buckets and Bytes were deleted from the disk.
	Buckets, Bytes uint64
	// Carried entries were kept beyond their bucket, and Buried objects were forgotten, by shards when this node led them.
	Carried, Buried uint64
}
