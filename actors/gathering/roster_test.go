package gathering

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// Whoever comes and goes, a roster never has more gaps than users, and agrees with a plain list about who is in and in
// which order. A hundred times three come, then a hundred times three go, and so on.
//
// Checked by breaking it: without the copy in remove there are more gaps, with a copy that is not in order the lists differ.
func TestRoster_HasNoMoreGapsThanUsers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var r roster
	var want []string
	most := 0
	for step := range 5000 {
		some := []string{name(rng), name(rng), name(rng)}
		if step/100%2 == 0 {
			r.add(some)
			for _, u := range some {
				if !slices.Contains(want, u) {
					want = append(want, u)
				}
			}
		} else {
			r.remove(some)
			want = slices.DeleteFunc(want, func(u string) bool { return slices.Contains(some, u) })
		}
		gaps := len(r.order) - r.size()
		if most = max(most, gaps); gaps > r.size() {
			t.Fatalf("step %d: %d gaps among %d users", step, gaps, r.size())
		}
		if got := r.list(); !slices.Equal(got, want) {
			t.Fatalf("step %d: %v, want %v", step, got, want)
		}
	}
	if most < 10 {
		t.Errorf("there were at most %d gaps: the test proves nothing", most)
	}
}

func name(rng *rand.Rand) string { return fmt.Sprint("user", rng.IntN(60)) }
