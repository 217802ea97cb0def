package eventlog

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/lni/vfs"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// Limits of the options.
const (
	// MaxShards bounds Options.Shards: each costs ticks and memory even when idle.
	MaxShards = 1024
	// MinRetention is the shortest window: seven buckets of ten seconds, so that anyone can watch it work.
	MinRetention = 70 * time.Second
)

// Options configures a node's log.
type Options struct {
	// Dir is the data directory. It is made when it does not exist; one that exists must be empty or an earlier
	// start's. Required.
	Dir string
	// Node is this node's name in the cluster. Fixed by the first start. Required.
	Node string
	// Shards is the number of shards that hold actors; the cluster's own is one more. Zero means 16: enough to spread
	// over some nodes, and each shard more costs idle CPU. Fixed by the first start. At most MaxShards.
	Shards uint32
	// RaftAddr is the host:port that other nodes reach this one at, and that it listens on. Port 0 draws a free one.
	// It may differ from start to start. Zero means 127.0.0.1:7081.
	RaftAddr string
	// Peers are the members of the cluster where they are now, by Name; the other fields but Raft and Actor are not looked
	// at. This node may be among them: its Actor counts, its Raft does not (RaftAddr does). A directory that has formed
	// refuses other names than those of its members, and remembers the last addresses of those that are not given. Nil
	// means that nothing has changed, or that the node is alone.
	Peers []Member
	// Certs are the files by which the members prove themselves to each other: Raft then speaks TLS, 1.2 at least. A member that dials
	// wants a certificate for the host that it dials, one that is dialled wants one of any name. All three or none. Zero means
	// that nothing is encrypted and nobody proves anything.
	Certs Certs
	// Retention is the window: reads hide older messages and ids, and they are deleted soon afterwards. Zero means 168h. At least
	// MinRetention. The first start fixes the length of a bucket at a seventh of it. Of members with different windows the longest says
	// when something is deleted.
	Retention time.Duration
	// RetentionStrangers is the same for the dialogs of strangers and of passengers. Zero means Retention.
	RetentionStrangers time.Duration
	// Window returns the window of an app, where that is shorter than the others: it hides at once, and what is hidden is deleted with
	// the rest. Zero means that it has none. It is called for each read and must not block. Nil means that no app has one.
	Window func(app im.AppID) time.Duration
	// OnUncovered is told of addresses whose owner should make a snapshot: they need entries that are to be deleted in half a bucket,
	// and what no snapshot covers by then must be copied. It is called where the shard is led, again and again for the same address,
	// and must not block. Nil means that nobody makes one.
	OnUncovered func(addr im.Address)

	// QueueBytes bounds what waits in the committer of one shard, in bytes; over it an append is refused as
	// overloaded. Zero means 8 MiB: tens of thousands of messages, a second's work for a disk.
	QueueBytes int
	// QueueItems bounds the same in items. Zero means 65536.
	QueueItems int
	// QueueReads bounds the reads of one shard that wait for a barrier. Zero means 16384.
	QueueReads int
	// ProposeTimeout is after what time a proposal without an answer is im.Unknown. Zero means 1 s, about three elections:
	// another leader would have answered by then. In a cluster of one it means 4 s: nobody else could answer sooner, so a
	// shorter one would only turn a stall of the disk into resets; and it stays below the 5 s that an edge waits for an
	// answer.
	ProposeTimeout time.Duration
	// BarrierTimeout is after what time a read without a barrier fails as Unavailable. Zero means 1.5 s, and 4 s in a cluster
	// of one.
	BarrierTimeout time.Duration
	// ToldEvery is how often told cursors are written. Zero means 1 s.
	ToldEvery time.Duration
	// SnapshotEntries is after how many commands Raft's log of a shard is cut. Zero means 20000.
	SnapshotEntries uint64
	// SnapshotBytes is after how many bytes of commands it is cut, if that is sooner: what a start has to read. A cut flushes
	// the store. Zero means 32 MiB.
	SnapshotBytes int64

	// MinFreeDisk is how many bytes must be free on the disk of Dir. Below it an append is refused as Overloaded unless it
	// is a Relief, and a snapshot is, until a quarter more is free; a first start is refused. Reads and told cursors go
	// on. Zero means that nothing is refused.
	MinFreeDisk uint64
	// OnDiskFailure is told, once, in one line, which operation of the stores failed: the disk is full, or broken.
	// Whatever waits for the disk then waits for ever, Open and the outcomes of appends included, and Close closes
	// nothing: the process must end. Nil means that errors are left to Pebble and dragonboat, which panic.
	OnDiskFailure func(error)

	// Clock tells the time by which reads hide old messages. Where it jumps ahead, it is believed only after a day. Nil
	// means the system's.
	Clock func() im.Millis
	// OnLeader is told who leads a shard, whether it is this node or another; leader 0 means nobody that this node knows of. It is called by one goroutine,
	// in order, and possibly before Open has returned; when leaders change faster than it returns, it is told the latest
	// only. Nil means nobody asks.
	OnLeader func(shard im.ShardID, leader, term uint64)
	// OnRemoved is told, once, that this node takes part in no shard any more: the others have removed it. It is for good;
	// the directory is of no use any more. A node that is away while it is removed may never hear of it. It must not call
	// Close. Nil means nobody asks.
	OnRemoved func()
	// OnView is told that Views may say something else than before. It must not block. Nil means nobody asks.
	OnView func()
	// Observe is told what happens, for metrics.
	Observe Observer
	// Logger takes warnings and errors. Nil means slog.Default().
	Logger *slog.Logger

	// RaftFS and StoreFS replace the file systems below Dir of Raft's log and of the store, for crash tests. Nil means
	// the operating system's. Lock and manifest are always on the operating system's.
	RaftFS  vfs.FS
	StoreFS store.FS

	// elapsed is the monotonic time since any moment, for what is done by age. Nil means the system's, from now on.
	elapsed func() time.Duration
	// byHand says that nothing is done by age but when a test asks for it.
	byHand bool
	// rttMillis is Raft's clock tick. Zero means 50 ms; tests that start hundreds of logs make time run faster.
	rttMillis uint64
	// onStartShard is told before each shard starts, for tests. Nil means nobody asks.
	onStartShard func()
	// onReceive, if not nil, is put around what another member sends to replace a shard, for tests.
	onReceive func(io.Reader) io.Reader
}

// Certs are the paths of a member's certificate, of its key, and of the certificate of the CA that has signed those of all, PEM. What
// a member shows and believes when it is dialled is read by Open and stays so until Close; when it dials, it reads them anew.
type Certs struct{ Cert, Key, CA string }

// Observer holds hooks for metrics; each may be nil. They are called from hot paths and must not block.
type Observer struct {
	// Batch is called after each proposal: its shard, the number of items in it, its bytes, how long it took until it
	// was applied, and whether it was.
	Batch func(shard im.ShardID, items, bytes int, took time.Duration, ok bool)
	// Outcome is called once for each append and snapshot that was accepted.
	Outcome func(im.Outcome)
	// Overload is called for each append, snapshot or read that a full queue turned away.
	Overload func()
	// DiskLow is called for each append or snapshot that was turned away because the disk is nearly full.
	DiskLow func()
	// Sync is called with the time that each sync of a file took.
	Sync func(took time.Duration)
}

// EnsureDefaults fills in what is zero and has a default.
func (o *Options) EnsureDefaults() {
	setDefault(&o.Shards, 16)
	setDefault(&o.RaftAddr, "127.0.0.1:7081")
	setDefault(&o.Retention, 168*time.Hour)
	setDefault(&o.RetentionStrangers, o.Retention)
	setDefault(&o.QueueBytes, 8<<20)
	setDefault(&o.QueueItems, 65536)
	setDefault(&o.QueueReads, 16384)
	setDefault(&o.ToldEvery, time.Second)
	setDefault(&o.SnapshotEntries, 20000)
	setDefault(&o.SnapshotBytes, 32<<20)
	setDefault(&o.rttMillis, rttMillis)
	if o.Clock == nil {
		o.Clock = func() im.Millis { return im.At(time.Now()) }
	}
	if o.elapsed == nil {
		o.elapsed = sinceNow()
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.RaftFS == nil {
		o.RaftFS = vfs.Default
	}
}

// timeouts returns those for a proposal and a barrier, in a cluster of one or of several.
func (o *Options) timeouts(alone bool) (propose, barrier time.Duration) {
	propose, barrier = time.Second, 1500*time.Millisecond
	if alone {
		propose, barrier = 4*time.Second, 4*time.Second
	}
	return cmp.Or(o.ProposeTimeout, propose), cmp.Or(o.BarrierTimeout, barrier)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Validate returns every problem of o, each with the rule that it breaks; nil when there is none.
func (o *Options) Validate() error {
	var errs []error
	rule := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	rule(o.Dir != "", "the data directory must be named")
	rule(im.UserID(o.Node).Valid(), "the node name must be 1-128 characters of [A-Za-z0-9_-], not %q", o.Node)
	rule(o.Shards >= 1 && o.Shards <= MaxShards, "shards must be 1..%d, not %d", MaxShards, o.Shards)
	rule(o.Retention >= MinRetention, "retention must be at least %v, not %v", MinRetention, o.Retention)
	rule(o.RetentionStrangers >= MinRetention || o.RetentionStrangers == o.Retention, "the retention of strangers must be at least %v, not %v", MinRetention, o.RetentionStrangers)
	rule(o.QueueBytes > 0 && o.QueueItems > 0 && o.QueueReads > 0, "queue bounds must be positive")
	propose, barrier := o.timeouts(false)
	rule(propose >= minTimeout && barrier >= minTimeout, "timeouts must be at least %v", minTimeout)
	rule(o.ToldEvery > 0, "the told interval must be positive")
	rule(o.SnapshotBytes > 0, "the bytes between two cuts of a Raft log must be positive")
	_, _, err := net.SplitHostPort(o.RaftAddr)
	rule(err == nil, "the Raft address must be host:port, not %q", o.RaftAddr)
	for _, p := range o.Peers {
		rule(im.UserID(p.Name).Valid(), "a peer's name must be 1-128 characters of [A-Za-z0-9_-], not %q", p.Name)
		_, _, err := net.SplitHostPort(p.Raft)
		rule(err == nil, "the Raft address of peer %s must be host:port, not %q", p.Name, p.Raft)
	}
	return errors.Join(errs...)
}

// minTimeout leaves room for an election.
const minTimeout = 2 * electionRTT * rttMillis * time.Millisecond

// Buckets are the lengths of a retention bucket in milliseconds, which all members must agree upon: by class, since windows are.
type Buckets struct{ Usual, Strangers im.Millis }

func (b Buckets) valid() bool { return b.Usual > 0 && b.Strangers > 0 }

// buckets returns those that a first start fixes.
func (o *Options) buckets() Buckets {
	seventh := func(window time.Duration) im.Millis { return im.Millis(window.Milliseconds() / 7) }
	return Buckets{Usual: seventh(o.Retention), Strangers: seventh(o.RetentionStrangers)}
}

// believe is for how long a wall clock must stay ahead to be believed.
func (o *Options) believe() time.Duration {
	return min(believeAfter, o.Retention, o.RetentionStrangers)
}
