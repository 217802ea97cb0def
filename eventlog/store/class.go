package store

import "github.com/parley-im/parley/im"

// Class is the retention class of an address: it comes right after the table in a key, so that what expires together is one
// range whatever the shard.
type Class byte

const (
	// ClassKept never expires: the cluster's own records. Its bucket and window are always 0.
	ClassKept Class = 0
	// ClassUsual expires with --retention.
	ClassUsual Class = 1
	// ClassStrangers are the dialogs of strangers and of passengers: they expire with --retention-strangers.
	ClassStrangers Class = 2
)

// classes lists all classes, in key order.
var classes = [...]Class{ClassKept, ClassUsual, ClassStrangers}

// String returns the name used in reports and as a label of metrics.
func (c Class) String() string {
	switch c {
	case ClassKept:
		return "kept"
	case ClassUsual:
		return "messages"
	case ClassStrangers:
		return "strangers"
	}
	return "unknown"
}

// expires reports whether c is a class of which anything ever goes.
func (c Class) expires() bool { return c == ClassUsual || c == ClassStrangers }

// ClassOf returns the class of an address.
func ClassOf(a im.Address) Class {
	switch {
	case a.Kind == im.KindCluster:
		return ClassKept
	case a.Kind == im.KindDialog && isStrangers(a.Relation()):
		return ClassStrangers
	}
	return ClassUsual
}

func isStrangers(r im.Relation) bool { return r == im.StrangerRelation || r == im.PassengerRelation }

// bucketsPerWindow buckets make a window, the length after which ids are forgotten.
const bucketsPerWindow = 7

// lengths are those of a bucket, in ms, by class.
type lengths [len(classes)]im.Millis

func (o *Options) lengths() lengths { return lengths{o.Bucket, o.Bucket, o.StrangersBucket} }

// bucket returns the start of the bucket of class c that ts lies in.
func (l *lengths) bucket(c Class, ts im.Millis) im.Millis { return startOf(c, ts, l[c]) }

// idWindow returns the start of the window of class c that ts lies in.
func (l *lengths) idWindow(c Class, ts im.Millis) im.Millis { return startOf(c, ts, l.window(c)) }

// window returns the length of a window. What never expires has one all the same: repeats are known for so long.
func (l *lengths) window(c Class) im.Millis { return l[c] * bucketsPerWindow }

// isStart reports whether ts is the start of a bucket of class c, and not 0.
func (l *lengths) isStart(c Class, ts im.Millis) bool {
	return c.expires() && ts > 0 && l.bucket(c, ts) == ts
}

// startOf returns the start of ts's bucket of length ms; ClassKept has one bucket only.
func startOf(c Class, ts, length im.Millis) im.Millis {
	if c == ClassKept || ts < 0 {
		return 0
	}
	return ts - ts%length
}
