package admin

import (
	"context"
	"net/http"
	"time"
)

// Retention is the answer of GET /v1/retention: what the node that answers keeps of the past, how much that weighs, when it goes, and
// what holds it up. It is of this node alone; another may have deleted what this one still has.
type Retention struct {
	// Cluster is the cluster's UUID, Node the name of the node that answers.
	Cluster string `json:"cluster"`
	Node    string `json:"node"`
	// At is the time by which messages are hidden.
	At time.Time `json:"at"`
	// Stopped says that the node does not run: this is what its directory holds. Clock is of running nodes.
	Stopped bool   `json:"stopped,omitempty"`
	Clock   *Clock `json:"clock,omitempty"`
	// Classes are those of messages that go.
	Classes []RetentionClass `json:"classes"`
	// Shards are those of which the node has a replica, by number.
	Shards []RetentionShard `json:"shards"`
	// StoreBytes and RaftBytes are what the store and Raft's log of all shards take on the disk.
	StoreBytes uint64 `json:"storeBytes"`
	RaftBytes  uint64 `json:"raftBytes"`
	// RaftSince is from when the oldest command in Raft's logs is, or before it; absent when that is not known.
	RaftSince *time.Time `json:"raftSince,omitempty"`
	// Readers is how many read a moment of the store that was, as who copies a shard does: what they may need stays.
	Readers int `json:"readers,omitempty"`
	// Failed is why what may be deleted could not be.
	Failed string `json:"failed,omitempty"`
	// Apps are those that ask for less than the node's windows, and those that ask in vain for more.
	Apps []AppRetention `json:"apps"`
}

// RetentionClass is what there is of one class of messages.
type RetentionClass struct {
	// Class is "messages", or "strangers", which are those of strangers and passengers.
	Class string `json:"class"`
	// Window is for how long messages can be read here, and Kept for how long they are kept: the longest window of any member; both in
	// milliseconds, and of a stopped node that of the first start. Bucket is the length of a bucket.
	Window int64 `json:"window"`
	Kept   int64 `json:"kept"`
	Bucket int64 `json:"bucket"`
	// Horizon is the oldest stamp that can be read.
	Horizon time.Time `json:"horizon"`
	// Watermark is what all shards here have agreed may be deleted: all that is older. Absent before the first of it.
	Watermark *time.Time `json:"watermark,omitempty"`
	// Buckets hold messages and whatever else happened to the same objects, IDs the ids by which repeats are known; oldest first.
	Buckets []RetentionBucket `json:"buckets"`
	IDs     []RetentionBucket `json:"ids"`
}

// RetentionBucket is a stretch of time, which goes as a whole.
type RetentionBucket struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Bytes are what it takes on the disk; what was just written may still be in memory.
	Bytes uint64 `json:"bytes"`
	// Goes is when it is deleted; it may take some seconds more.
	Goes time.Time `json:"goes"`
}

// RetentionShard is how far a shard is.
type RetentionShard struct {
	Shard uint32 `json:"shard"`
	// Leader is the name of the node that leads it, "" when there is none that is known.
	Leader string `json:"leader"`
	// Marks are in the order of Retention.Classes.
	Marks []RetentionMarks `json:"marks"`
	// Carried counts entries that are kept beyond their bucket, without what was said, until their object has a snapshot. Deleted counts
	// deleted objects that are not forgotten yet.
	Carried uint64 `json:"carried,omitempty"`
	Deleted uint64 `json:"deleted,omitempty"`
	// RaftSince is as in Retention.
	RaftSince *time.Time `json:"raftSince,omitempty"`
}

// RetentionMarks are the two marks of a shard and class; absent before the first of each.
type RetentionMarks struct {
	// Sealed: nothing is stored any more that is older. Watermark: nothing is read any more that is older.
	Sealed    *time.Time `json:"sealed,omitempty"`
	Watermark *time.Time `json:"watermark,omitempty"`
	// Waits is why the watermark has not moved although it is due: no-leader, elsewhere, few-members, clock or refused.
	Waits string `json:"waits,omitempty"`
}

// Clock is what a node knows of clocks.
type Clock struct {
	// Wall is what its wall clock says, Believed whether that is followed.
	Wall     time.Time `json:"wall"`
	Believed bool      `json:"believed"`
	// Members is the number of members, Heard of how many, this node included, the clocks were heard of lately.
	Members int `json:"members"`
	Heard   int `json:"heard"`
	// Offset is how far, in milliseconds, this node's clock is ahead of the median of those; Apart says that it is too far.
	Offset int64 `json:"offset"`
	Apart  bool  `json:"apart,omitempty"`
}

// AppRetention is an app with a window of its own.
type AppRetention struct {
	App string `json:"app"`
	// Retention is what it asks for, in milliseconds.
	Retention int64 `json:"retention"`
}

// RetentionFunc says what the node keeps. It fails with an *im.Error: Unavailable when the log is not open.
type RetentionFunc func(ctx context.Context) (Retention, error)

func showRetention(retention RetentionFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		got, err := retention(r.Context())
		if err != nil {
			fail(w, statusOf(err), userText(err))
			return
		}
		answer(w, http.StatusOK, got)
	}
}
