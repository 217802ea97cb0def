package eventlog_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// A log that has its leaders, but cannot confirm what was committed, is not ready, and says which shard does not answer.
//
// Checked by breaking it: without caughtUp it is ready all the time.
func TestLog_IsReadyOnlyWhenEveryShardAnswers(t *testing.T) {
	l, outcome, goOn := stalled(t, func(*eventlog.Options) {})
	var err error
	for deadline := time.Now().Add(patience); err == nil && time.Now().Before(deadline); { // the first may come before Raft writes
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		err = l.Ready(ctx)
		cancel()
	}
	if im.KindOf(err) != im.Unavailable || err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("Ready returned %v, want an unavailable shard", err)
	}
	goOn()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := l.Ready(ctx); err != nil {
		t.Errorf("once the disk goes on: %v", err)
	}
	if got := <-outcome; got != im.Stored {
		t.Errorf("the append is %v, want stored", got)
	}
}
