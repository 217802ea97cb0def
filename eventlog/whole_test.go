package eventlog

import (
	"errors"
	"testing"

	"github.com/parley-im/parley/im"
)

// Shards that are whole stay so until done: none of them can be replaced. When one is just being replaced, or is not here any more
// though its barrier has passed, none is kept; the others do not matter.
//
// Checked by breaking it: it fails when whole looks at none, and when it does not let go of those before.
func TestWhole_KeepsAllOrNone(t *testing.T) {
	l := &Log{ours: make([]replica, 4)}
	free := func(id im.ShardID) bool {
		if !l.ours[id].replacing.TryLock() {
			return false
		}
		l.ours[id].replacing.Unlock()
		return true
	}
	for _, id := range []im.ShardID{1, 3} {
		l.ours[id].raft.Store(1)
	}
	done, err := l.whole([]im.ShardID{3, 1})
	if err != nil || free(1) || free(3) || !free(2) {
		t.Errorf("%v: shard 1 is free: %v, shard 2: %v, shard 3: %v", err, free(1), free(2), free(3))
	}
	done()
	if !free(1) || !free(3) {
		t.Error("they are kept when all is done")
	}
	if _, err := l.whole([]im.ShardID{1, 3, 2}); !errors.Is(err, errAbsent) || !free(1) || !free(3) {
		t.Errorf("one is not here: %v", err)
	}
	if !l.ours[3].replacing.TryLock() {
		t.Fatal("it is still kept")
	}
	defer l.ours[3].replacing.Unlock()
	if _, err := l.whole([]im.ShardID{1, 3}); !errors.Is(err, errReplaced) || !free(1) {
		t.Errorf("one is being replaced: %v", err)
	}
}
