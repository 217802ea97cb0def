package eventlog_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

var lobby = im.Query{App: "app", Kind: im.KindRoom, Limit: 20}

func openHurried(t *testing.T, o eventlog.Options) *eventlog.Log {
	t.Helper()
	o.Dir, o.Shards = t.TempDir(), 2
	o.Hurry()
	return open(t, o)
}

// A search needs a majority of every shard: half a result is none. It fails in the time that a barrier has.
//
// Checked by breaking it: without the barriers the search answers.
func TestSearch_NeedsAMajorityOfEveryShard(t *testing.T) {
	l := openHurried(t, eventlog.Options{BarrierTimeout: time.Second})
	defer closeLog(t, l)
	if _, err := l.Search(t.Context(), lobby); err != nil {
		t.Fatal(err)
	}
	if err := l.StopReplica(2); err != nil {
		t.Fatal(err)
	}
	if found, err := l.Search(t.Context(), lobby); err == nil || im.KindOf(err) != im.Unavailable {
		t.Errorf("found %v, %v, want unavailable", found, err)
	}
}

// So many searches are at work at once; so many more wait for their turn, as long as they like to, and what goes beyond
// that is refused and counted.
//
// Checked by breaking it: without the slot the waiting ones answer at once; without the limit the last one waits; without leave those at the end hang.
func TestSearch_BoundsThoseAtWork(t *testing.T) {
	overloads := make(chan struct{}, 10)
	l := openHurried(t, eventlog.Options{QueueReads: 1, Observe: eventlog.Observer{Overload: func() { overloads <- struct{}{} }}})
	defer closeLog(t, l)
	atOnce, leave := l.SearchLimits()
	for range atOnce - 1 {
		l.SearchLimits()
	}
	deadline, end := context.WithTimeout(t.Context(), patience)
	defer end()
	ctx, cancel := context.WithCancelCause(deadline)
	answers := make(chan error, 2)
	for range cap(answers) {
		go func() {
			_, err := l.Search(ctx, lobby)
			answers <- err
		}()
	}
	if err := <-answers; im.KindOf(err) != im.Overloaded {
		t.Errorf("one too many: %v, want overloaded", err)
	}
	if len(overloads) != 1 {
		t.Errorf("%d refusals are counted, want 1", len(overloads))
	}
	tired := errors.New("tired")
	cancel(tired)
	if err := <-answers; !errors.Is(err, tired) || im.KindOf(err) != im.Unavailable {
		t.Errorf("the one that waited: %v, want unavailable for its reason", err)
	}
	leave()
	for range 2 * atOnce {
		if _, err := l.Search(deadline, lobby); err != nil {
			t.Errorf("a search when there is room again: %v", err)
		}
	}
	for range atOnce - 1 {
		leave()
	}
}

// Close ends what searches, and waits for it.
func TestSearch_EndsWithTheLog(t *testing.T) {
	l := openHurried(t, eventlog.Options{})
	started := make(chan struct{}, 100)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for {
				_, err := l.Search(t.Context(), lobby)
				if err != nil {
					if im.KindOf(err) != im.Unavailable {
						t.Errorf("%v, want unavailable", err)
					}
					return
				}
				select {
				case started <- struct{}{}:
				default:
				}
			}
		})
	}
	<-started
	closeLog(t, l)
	all.Wait()
}
