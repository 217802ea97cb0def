package reads

import (
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/parley-im/parley/im"
)

// Local is this node's part of the log; eventlog.Log documents each method. Its errors are *im.Error; one of a shard of which there
// is no replica here is Unavailable, at once.
type Local interface {
	// Holds reports whether this node has a replica of the shard.
	Holds(shard im.ShardID) bool
	// Leader returns the number of the node that leads a shard; ok is false when nobody is known to.
	Leader(shard im.ShardID) (replica, term uint64, ok bool)
	// Membership returns the numbers of the nodes that vote in a shard, and of those that are being brought up to date. They
	// belong to the caller.
	Membership(shard im.ShardID) (voting, joining []uint64, ok bool)
	// History returns the messages below before, newest first.
	History(ctx context.Context, addr im.Address, before im.Before, limit int) ([]im.Entry, error)
	// StaleHistory is what this node has of that.
	StaleHistory(addr im.Address, before im.Before, limit int) ([]im.Entry, error)
	// Search searches all shards.
	Search(ctx context.Context, q im.Query) ([]im.Found, error)
	// SearchKeys searches some shards, from the first record that comes after a key.
	SearchKeys(ctx context.Context, q im.Query, shards []im.ShardID, after *im.FoundKey, limit int) (keys []im.FoundKey, more bool, err error)
	// Records returns the records of keys, in their order, but for those that are gone.
	Records(ctx context.Context, app im.AppID, kind im.Kind, keys []im.FoundKey) ([]im.Found, error)
	// Transfer asks the leader of a shard, whichever node that is, to hand over.
	Transfer(shard im.ShardID, to uint64) error
}

// Options says what a Reads reads from. All fields but OnAsk and Logger are required.
type Options struct {
	// Local is this node's log.
	Local Local
	// Shards is the number of shards that hold actors.
	Shards uint32
	// Node is this node's name.
	Node string
	// Name returns the name of the node with that number; "" = there is none that could be asked.
	Name func(replica uint64) string
	// Linked reports whether there is a link to the node of that name.
	Linked func(node string) bool
	// Dial opens a tunnel to the node of that name, which ends in the http.Server of its clients.
	Dial func(ctx context.Context, node string) (net.Conn, error)
	// Compare returns a negative number when a comes before b in the order of q, and a positive one when it comes after it.
	Compare func(q *im.Query, a, b *im.FoundKey) int
	// Check reports what makes k no key that a search for q can have found.
	Check func(q *im.Query, k *im.FoundKey) error
	// OnAsk is told of each question that another node was asked, when its answer is there or has failed, and what it was
	// for: one of the constants that begin with Ask. It must not block. Nil = nobody asks.
	OnAsk func(what string, err error)
	// Logger hears at debug of what other nodes do wrong; nil = discard.
	Logger *slog.Logger

	// times and limits are the usual ones when they are zero; tests have shorter ones.
	times  times
	limits limits
}

// What is asked of another node, as OnAsk is told.
const (
	AskHistory  = "history"
	AskStale    = "stale"
	AskKeys     = "keys"
	AskRecords  = "records"
	AskTransfer = "transfer"
)

// times are how long this node waits for others.
type times struct {
	// history and stale are the time until an answer begins, over all nodes that are asked. Together they stay below the two seconds
	// in which clients are told that there is no majority. A barrier takes as long as history at most.
	history, stale time.Duration
	// late is when another node is asked for a history beside one that has not begun to answer; staleLate the same without a barrier.
	late, staleLate time.Duration
	// pause is between two rounds of asking.
	pause time.Duration
	// search is how long all shards of a search may lack a node that has them, and within what time a node that answers Unavailable is
	// followed by another one: who took longer has waited for a barrier that the other one would not get either.
	search time.Duration
	// transfer is how long one node may take for that.
	transfer time.Duration
	// serve is how long an answer to another node may take until it is taken.
	serve time.Duration
}

var usualTimes = times{
	history:   1500 * time.Millisecond,
	stale:     300 * time.Millisecond,
	late:      500 * time.Millisecond,
	staleLate: 100 * time.Millisecond,
	pause:     100 * time.Millisecond,
	search:    time.Second,
	transfer:  700 * time.Millisecond,
	serve:     10 * time.Second,
}

// limits are how much of something there is at a time.
type limits struct {
	// served are questions of other nodes at work.
	served int
	// tunnels are connections to one node.
	tunnels int
	// pageKeys are the keys that are asked for at once.
	pageKeys int
	// pageBytes bounds a page of keys as it arrives, encoded. The log's own bound is in memory, which is more, and half of it.
	pageBytes int
	// searches is how many wait for their turn.
	searches int64
}

var usualLimits = limits{served: 1024, tunnels: 256, pageKeys: 16384, pageBytes: 8 << 20, searches: 16384}

func (o *Options) ensureDefaults() {
	if o.OnAsk == nil {
		o.OnAsk = func(string, error) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.times == (times{}) {
		o.times = usualTimes
	}
	if o.limits == (limits{}) {
		o.limits = usualLimits
	}
}
