package eventlog_test

import (
	"flag"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/parley-im/parley/im"
)

var (
	windowSeed  = flag.Uint64("window-seed", 0, "replay the test of the window with this seed; 0 draws one")
	windowSteps = flag.Int("window-steps", 0, "number of steps; 0 means 2500, or 100,000 with PARLEY_SOAK")
)

// stepsPerWorld are done in one directory: several months go by.
const stepsPerWorld = 2500

// TestWindow_AgreesWithNotes holds a log to notes of all that it was ever told, over months of its time: messages with ids and
// repeats of them, snapshots, told cursors, clearings, deletions; while time goes by, and what is old is deleted; while the wall clock
// jumps ahead by a month or back by an hour, and comes back; while the node is down for days, or is stopped, or the power fails, in the
// middle of deleting too. Whatever is read of history, entries, states and ids is what the notes say; the marks are never too far, and
// where they belong when the clock is right; the tables of the store have as many keys as the notes call for; and a shard has the
// same digest after its commands were applied again, and in a replica that is made of a stream. The seed is printed; -window-seed
// replays it, but for the moments of crashes.
//
// Checked by breaking it: it fails when Reclaim deletes a bucket too many, or does not flush before; when carry keeps bodies, or is left out
// before expire; when told trims nothing that was carried, or bury leaves the snapshot; without the seal; with a floor that is one lower;
// when a digest counts what is before the watermark; and when the hours that a node was down vouch for a clock that jumps later.
func TestWindow_AgreesWithNotes(t *testing.T) {
	t.Parallel()
	seed, steps := *windowSeed, *windowSteps
	if seed == 0 {
		seed = rand.Uint64()
	}
	if steps == 0 {
		steps = stepsPerWorld
		if os.Getenv("PARLEY_SOAK") != "" {
			steps = 100_000
		}
	}
	done := map[string]int{}
	for ; steps > 0; steps -= stepsPerWorld {
		t.Logf("-window-seed=%d", seed)
		w := newWindowWorld(t, seed)
		for range min(steps, stepsPerWorld) {
			w.step()
		}
		w.checkAll()
		w.stop()
		for name, n := range w.steps {
			done[name] += n
		}
		t.Logf("%d days", (im.Millis(w.truth.Load())-beganAt)/dayMs)
		seed++
	}
	t.Log(done)
	for _, name := range []string{"sent", "known again", "refused", "deleted", "revived", "snapshot", "told", "jump", "crash", "forgotten", "loads of what was carried"} {
		if done[name] == 0 {
			t.Errorf("nothing was %q: the test shows less than it should", name)
		}
	}
}

// step does one thing that may happen.
func (w *windowWorld) step() {
	w.t.Helper()
	n := w.all[w.rng.IntN(1+w.rng.IntN(len(w.all)))] // the last ones seldom
	switch p := w.rng.IntN(1000); {
	case p < 380:
		w.send(n)
	case p < 430:
		w.snapshot(n)
	case p < 480:
		w.told(n)
	case p < 760:
		w.look(n)
	case p < 960:
		w.later()
	case p < 970:
		w.jump()
	case p < 976:
		w.checkAll()
	case p < 982:
		w.down()
	case p < 988:
		w.crash()
	case p < 992:
		w.crashKeeping()
	default:
		w.checkReplicas()
	}
}
