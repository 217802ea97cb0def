package eventlog_test

import (
	"context"
	"testing"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

const (
	// shortWindow is the shortest there is, and shortBucket a seventh of it; what is old is looked for each shortTick.
	shortWindow = eventlog.MinRetention
	shortBucket = shortWindow / 7
	shortTick   = shortBucket / 20
	// gone is after what time nothing is left of a message: its bucket ends a bucket later at most, and goes when the window has passed
	// since; Raft's log is younger than that.
	gone = shortWindow + shortBucket + 4*shortTick
)

// Nothing of a message is left in any file of the data directory once the window, a bucket and some ticks have passed, though nothing
// else happens, and the state of every conversation is what it was, also after a restart: of those with a snapshot, without one, and
// with messages that were never told. Random bodies are looked for in all files, before and after.
//
// Checked by breaking it: bodies stay in the store without Reclaim, in tables of Raft's without cutOld, in its write-ahead logs without
// scrub; and the states are lost without carry.
func TestRetention_NothingOlderStaysOnDisk(t *testing.T) {
	t.Parallel()
	for name, restart := range map[string]bool{"in one life": false, "with a restart in between": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var h hands
			o := eventlog.Options{Dir: t.TempDir(), Shards: 3, Retention: shortWindow}
			o.Hurry()
			h.on(&o)
			l := open(t, o)
			s := newSecret()
			all, messages := talkers(4), map[im.Address]uint64{}
			for i, a := range all {
				s.talk(t, l, a)
				messages[a] = 2
				if i%3 == 0 {
					keepState(t, l, a)
				}
				if i%4 == 0 {
					s.talk(t, l, a)
					messages[a] = 4
				}
			}
			before := s.in(t, o.Dir)
			if len(before) == 0 {
				t.Fatal("no body is on the disk: the test shows nothing")
			}
			if restart {
				h.live(l, shortWindow/2, shortTick)
				closeLog(t, l)
				l = open(t, o)
				h.live(l, gone-shortWindow/2, shortTick)
			} else {
				h.live(l, gone, shortTick)
			}
			s.awaitNoneIn(t, o.Dir, before)
			for range 2 {
				for a, n := range messages {
					intact(t, l, a, n)
					if got, err := l.History(context.Background(), a, im.Before{}, 10); err != nil || len(got) > 0 {
						t.Errorf("%s: %d messages can be read, %v", a, len(got), err)
					}
				}
				closeLog(t, l)
				l = open(t, o)
			}
			closeLog(t, l)
		})
	}
}
