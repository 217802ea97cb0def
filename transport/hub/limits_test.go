package hub

import (
	"fmt"
	"testing"
	"time"

	"github.com/parley-im/parley/im"
)

// However many tellers a session hears from in one moment, it remembers two generations of them; the last ones are known.
//
// Checked by breaking it: without maxTellers in turn all of them are remembered.
func TestMemory_HoldsTwoGenerationsOfTellers(t *testing.T) {
	t.Parallel()
	var m memory
	clock := func() time.Duration { return 1 }
	teller := func(i int) series { return series{teller: im.User("a", im.UserID(fmt.Sprint(i)))} }
	const tellers = 5 * maxTellers
	for i := range tellers {
		if !m.news(teller(i), 1, clock) {
			t.Fatalf("the first word of teller %d is no news", i)
		}
		if n := len(m.current) + len(m.previous); n > 2*maxTellers {
			t.Fatalf("%d tellers are remembered, want %d at most", n, 2*maxTellers)
		}
	}
	for i := tellers - maxTellers; i < tellers; i++ {
		if m.news(teller(i), 1, clock) {
			t.Fatalf("teller %d of %d was forgotten", i, tellers)
		}
	}
}
