package actors

import "testing"

// A snapshot is due when the events since the last one are 64 and outweigh it; after one that was made in vain, when they are 64
// and an eighth of it. So what snapshots cost is in proportion to what has changed, whatever the state weighs.
//
// Checked by breaking it: it fails when a refused one counts as made, and when it is made again after 64 events alone.
func TestGrowth_IsRelativeToTheState(t *testing.T) {
	for _, c := range []struct {
		name    string
		growth  growth
		bytes   int // of an event
		refused int // bytes of a snapshot that was made in vain
		want    int // events until one is due
	}{
		{"of nothing", growth{}, 1, 0, 64},
		{"of a small state", growth{snapshot: 640}, 100, 0, 64},
		{"of a large one", growth{snapshot: 100_000}, 100, 0, 1000},
		{"in vain, of a small state", growth{}, 100, 640, 64},
		{"in vain, of a large one", growth{}, 100, 80_000, 100},
		{"in vain again", growth{events: 64, bytes: 100_000, snapshot: 10}, 100, 80_000, 100},
	} {
		g := c.growth
		if c.refused > 0 {
			g.refused(c.refused)
		}
		n := 0
		for ; !g.due() && n < 1<<20; n++ {
			g.add(c.bytes)
		}
		if n != c.want {
			t.Errorf("%s: due after %d events, want %d", c.name, n, c.want)
		}
	}
}
