package eventlog

import (
	"context"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

const (
	// coverItems is how many addresses of a shard and class are asked for a snapshot in one tick.
	coverItems = 256
	// carryCommands is how many commands of a shard and class carry something in one tick.
	carryCommands = 4096
	// buryBatches is how many batches of deleted objects of a shard and class are forgotten in one tick.
	buryBatches = 16
)

// expiring are the classes of which something goes.
var expiring = [...]store.Class{store.ClassUsual, store.ClassStrangers}

// ages are what a class of a shard is measured by.
type ages struct {
	class store.Class
	// now is the time by which may be dropped; window how long it takes, bucket the length of a bucket.
	now, window, bucket im.Millis
}

// seal is where the mark *sealed* belongs: half a bucket before the window ends.
func (a ages) seal() im.Millis { return a.start(a.now - a.window + a.bucket/2) }

// gone is where the watermark belongs: what lies before it is older than the window, to the last entry.
func (a ages) gone() im.Millis { return a.start(a.now - a.window) }

func (a ages) start(ts im.Millis) im.Millis { return max(0, ts-ts%a.bucket) }

// expire moves what is old of a class of a shard that this node leads one step on: seals, asks for snapshots, and once the window is over
// carries what no snapshot covers and raises the watermark. It reports whether the log took what there was; if not, it is tried again at
// the next tick.
func (k *keeper) expire(ctx context.Context, s *shard, a ages) (taken bool, err error) {
	marks, err := k.l.store.Marks(s.id, a.class)
	if err != nil {
		return true, err
	}
	if to := a.seal(); to > marks.Sealed {
		if s.put(&upkeep{items: store.AppendSeal(nil, a.class, to), n: 1}) != im.Stored {
			return false, nil
		}
		marks.Sealed = to
	}
	if err := k.cover(s, a, marks.Sealed); err != nil {
		return true, err
	}
	if to := min(a.gone(), marks.Sealed); to > marks.Watermark {
		if carried, err := k.carry(ctx, s, a, to); !carried {
			return err != nil, err
		}
		if s.put(&upkeep{items: store.AppendExpire(nil, a.class, to), n: 1}) != im.Stored {
			return false, nil
		}
		marks.Watermark = to
	}
	return true, k.bury(ctx, s, a, marks.Watermark)
}

// cover asks the owners of some addresses that need what is sealed for snapshots. It goes round them as long as there are any.
func (k *keeper) cover(s *shard, a ages, sealed im.Millis) error {
	if k.l.o.OnUncovered == nil || sealed == 0 {
		return nil
	}
	cursor := &k.of[s.id].cursors[a.class]
	addrs, next, err := k.l.store.Uncovered(s.id, a.class, sealed, *cursor, coverItems)
	if err != nil {
		return err
	}
	*cursor = next
	for _, addr := range addrs {
		k.l.o.OnUncovered(addr)
	}
	return nil
}

// carry copies what addresses need of buckets before to, and reports whether nothing is left. It goes over them until then: a command
// carries only so many bytes, and refuses the rest.
func (k *keeper) carry(ctx context.Context, s *shard, a ages, to im.Millis) (bool, error) {
	var from []byte
	left, moved := 0, 0
	for range carryCommands {
		addrs, next, err := k.l.store.Uncovered(s.id, a.class, to, from, batchItems)
		if err != nil {
			return false, err
		}
		stored, ok := s.putEach(addrs, store.AppendCarry)
		if !ok || over(ctx) {
			return false, nil
		}
		k.carried.Add(uint64(stored))
		left, moved, from = left+len(addrs), moved+stored, next
		switch {
		case next != nil:
		case left == 0:
			return true, nil
		case moved == 0:
			return false, nil
		default:
			left, moved = 0, 0 // again from the beginning
		}
	}
	return false, nil
}

// bury forgets objects whose deletion is older than the watermark.
func (k *keeper) bury(ctx context.Context, s *shard, a ages, watermark im.Millis) error {
	for range buryBatches {
		addrs, err := k.l.store.Graves(s.id, a.class, watermark, batchItems)
		if err != nil || len(addrs) == 0 || over(ctx) {
			return err
		}
		stored, _ := s.putEach(addrs, store.AppendBury)
		if k.buried.Add(uint64(stored)); stored == 0 || len(addrs) < batchItems {
			return nil
		}
	}
	return nil
}

// over reports whether the log is being closed.
func over(ctx context.Context) bool { return ctx.Err() != nil }
