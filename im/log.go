package im

import "sync/atomic"

// Epoch fences the writers of one address: the log refuses an append whose epoch is lower than the highest it has
// stored for that address. The zero Epoch is the lowest.
type Epoch struct {
	// Term is the Raft term in which the writer's node became leader of the shard.
	Term uint64
	// Activation is drawn by the shard's owner, growing within a term, for every activation and every reset.
	Activation uint64
}

// Less reports whether e is lower than o.
func (e Epoch) Less(o Epoch) bool {
	return e.Term < o.Term || e.Term == o.Term && e.Activation < o.Activation
}

// Entry is one event of one address's log.
type Entry struct {
	// Seq is the position in the log: 1, 2, 3... It never leaves the cluster.
	Seq uint64
	// N is the message number of the conversation, 1, 2, 3...; 0 = the entry is no message.
	N uint64
	// TS is the writer's stamp; it strictly grows within a log.
	TS Millis
	// ID makes the command idempotent; "" = not deduplicated. At most MaxMessageIDLen bytes.
	ID string
	// Owes says that the entry has something to tell to other actors.
	Owes bool
	// Body is the encoded event. The log never looks inside.
	Body []byte
}

// Head is the state of one address's log. The zero Head is the head of an empty log.
type Head struct {
	Seq   uint64
	N     uint64
	TS    Millis
	Epoch Epoch
	// SnapSeq is the seq that the newest snapshot covers, 0 = none.
	SnapSeq uint64
	// SnapTS is the stamp of entry SnapSeq: entries after it are younger.
	SnapTS Millis
}

// Append asks the log to add entries to one address.
type Append struct {
	Addr  Address
	Epoch Epoch
	// Expected is the seq that the head must have: the entries are numbered Expected+1, Expected+2...
	Expected uint64
	// Entries is not empty; N, where set, continues the head's N, and TS strictly grows. Owned by the log from the
	// call until Done; nobody changes it.
	Entries []Entry
	// Record, when set, replaces what searches find of the address. Owned by the log like Entries.
	Record *Record
	// Final, when set, is the state after the last entry: the log stores it as a snapshot together with them. At most
	// MaxFinal bytes. Owned by the log like Entries.
	Final []byte
	// Gone says that the object is deleted: once the window has passed, the log forgets the address, unless another append
	// follows. Final must be set, and is what is read until then.
	Gone bool
	// Floor hides messages from History: those with N <= Floor. The head keeps the highest; 0 = none.
	Floor uint64
	// Relief says that the append ends something, or notes what another address has stored: the log takes it on a disk
	// that is nearly full, too.
	Relief bool
	// Fence, when set, takes the append out of the queue (outcome Refused) as soon as it is lowered.
	Fence *Fence
	// Done is called once, from the log's goroutine, in the order of the appends of an address. It must not block.
	Done func(Outcome)
}

// MaxFinal bounds Append.Final, in bytes.
const MaxFinal = 64 << 10

// Fence tells the log that queued appends of an activation are void. The zero Fence is up.
type Fence struct{ down atomic.Bool }

// Lower voids what is queued behind f. It cannot be raised again.
func (f *Fence) Lower() { f.down.Store(true) }

// Down reports whether f was lowered.
func (f *Fence) Down() bool { return f.down.Load() }

// Outcome answers an append.
type Outcome uint8

const (
	// Stored means that a majority has the entries on disk and this node has applied them.
	Stored Outcome = iota + 1
	// Refused means that the entries are not in the log: epoch, seq, n or ts did not fit, or the fence was down.
	Refused
	// Moved means that this node does not lead the shard, or that Raft dropped the proposal: nothing is in the log.
	Moved
	// Unknown means that no answer came in time: the entries may be stored later, or never.
	Unknown
)

// String returns the outcome's name.
func (o Outcome) String() string {
	switch o {
	case Stored:
		return "stored"
	case Refused:
		return "refused"
	case Moved:
		return "moved"
	case Unknown:
		return "unknown"
	}
	return "invalid"
}

// Owed says which entries of an address have not been told yet: First is the first, Last the last that has something
// to tell. The zero Owed means that nothing is owed.
type Owed struct{ First, Last uint64 }

// Load is what an activation starts from. An entry of it with N > 0 and an empty Body is a message older than the window: it
// counts, and has nothing to tell.
type Load struct {
	Head Head
	// Snapshot is the state as of Head.SnapSeq, nil when there is none.
	Snapshot []byte
	// Tail holds the entries after Head.SnapSeq, oldest first.
	Tail []Entry
	Owed Owed
	// Untold holds the entries Owed.First..Head.SnapSeq, oldest first: those that are owed but lie before the tail.
	Untold []Entry
}

// StoredAt says where a command that was seen before was put.
type StoredAt struct {
	Seq uint64
	N   uint64
	TS  Millis
}
