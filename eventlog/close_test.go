package eventlog_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// TestLog_CloseUnderLoadAnswersEverybody: each accepted append is answered exactly once and before Close returns, each
// read fails or answers, and what was stored is there after the next start.
func TestLog_CloseUnderLoadAnswersEverybody(t *testing.T) {
	o := eventlog.Options{Dir: t.TempDir(), Shards: 2}
	o.Hurry()
	l := open(t, o)
	var accepted, answered, loads, loaded atomic.Int64
	var stored sync.Map // address to seq
	var users sync.WaitGroup
	enough := make(chan struct{})
	var once sync.Once
	for i := range 8 {
		a := im.User("close", im.UserID(fmt.Sprintf("u%d", i)))
		users.Go(func() {
			for seq := uint64(0); ; seq++ {
				err := l.Append(im.Append{
					Addr: a, Expected: seq, Entries: []im.Entry{{TS: im.Millis(seq + 1)}},
					Done: func(o im.Outcome) {
						if o == im.Stored {
							stored.Store(a, seq+1)
						}
						if answered.Add(1) > 2000 {
							once.Do(func() { close(enough) })
						}
					},
				})
				if im.KindOf(err) == im.Unavailable {
					return
				}
				if err != nil {
					seq--
					continue
				}
				accepted.Add(1)
				if seq%50 == 0 {
					loads.Add(1)
					l.Load(a, func(im.Load, error) { loaded.Add(1) })
				}
			}
		})
	}
	<-enough
	closeLog(t, l)
	n := answered.Load()
	users.Wait()
	if accepted.Load() != answered.Load() || n != answered.Load() {
		t.Fatalf("%d accepted, %d answered, %d of them before Close returned", accepted.Load(), answered.Load(), n)
	}
	eventuallyEqual(t, &loads, &loaded)
	l = open(t, o)
	defer closeLog(t, l)
	stored.Range(func(a, seq any) bool {
		entries, err := l.Read(context.Background(), a.(im.Address), 0, 1<<30)
		if err != nil || uint64(len(entries)) < seq.(uint64) {
			t.Errorf("%v: %d entries, %v, want at least %d", a, len(entries), err, seq)
		}
		return true
	})
}

// eventuallyEqual waits for reads that came after Close and fail on goroutines of their own.
func eventuallyEqual(t *testing.T, want, got *atomic.Int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for want.Load() != got.Load() {
		if ctx.Err() != nil {
			t.Fatalf("%d of %d reads were answered", got.Load(), want.Load())
		}
	}
}

// TestLog_ReportsWhatItDoes: the hooks and Stats agree with what happened.
func TestLog_ReportsWhatItDoes(t *testing.T) {
	var batches, outcomes atomic.Int64
	o := eventlog.Options{Dir: t.TempDir(), Shards: 2}
	o.Hurry()
	o.Observe.Batch = func(_ im.ShardID, items, bytes int, _ time.Duration, ok bool) {
		if items > 0 && bytes > 0 && ok {
			batches.Add(1)
		}
	}
	o.Observe.Outcome = func(o im.Outcome) {
		if o == im.Stored {
			outcomes.Add(1)
		}
	}
	l := open(t, o)
	for seq := range uint64(10) {
		say(t, l, ann, seq)
	}
	st := l.Stats().Shards[ann.Shard(2)]
	closeLog(t, l)
	if !st.Leading || st.Stored != 10 || batches.Load() != 10 || outcomes.Load() != 10 {
		t.Fatalf("stats %+v, %d batches, %d outcomes, want 10 of each", st, batches.Load(), outcomes.Load())
	}
	if got := l.Stats(); len(got.Shards) != 0 {
		t.Fatalf("stats after close: %+v", got)
	}
}
