package server

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A start on a machine that stands still for longer than it waits warns of nothing when all was told meanwhile; it does when
// something is left.
//
// Checked by breaking it: without a look when it has waited enough, every other start warns.
func TestCatchUp_WarnsOnlyOfWhatIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told bytes.Buffer
		s := &Server{logger: slog.New(slog.NewTextHandler(&told, nil))}
		for range 100 {
			stoodStill := false
			if err := s.awaitCaughtUp(t.Context(), func() bool {
				if stoodStill {
					return true
				}
				<-time.After(2 * catchUpTimeout)
				stoodStill = true
				return false
			}); err != nil {
				t.Fatal(err)
			}
		}
		if told.Len() > 0 {
			t.Errorf("all was told, and it said\n%s", told.String())
		}
		err := s.awaitCaughtUp(t.Context(), func() bool { return false })
		if err != nil || strings.Count(told.String(), "may hear again") != 1 {
			t.Errorf("something was left, and it said %q, %v", told.String(), err)
		}
	})
}
