package system

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// report writes what a full room has shown to docs/reports, for committing.
func (c *multitude) report(before, full, gone, asleep vitals) {
	c.t.Helper()
	var b strings.Builder
	last := c.levels[len(c.levels)-1]
	fmt.Fprintf(&b, "# Rooms: %d members\n\n", last.members)
	fmt.Fprintf(&b, "`PARLEY_SOAK=1 go test -run '^TestRooms_FullOnesWork$' ./test/system` on %s, commit %s, took %v; server and\n"+
		"clients shared the machine.\n\n", machine(), commit(), time.Since(c.began).Round(time.Second))
	fmt.Fprintf(&b, "%d members had sockets, spread evenly over the order of joining. They joined by calls that named %d. At each size %d others\n"+
		"joined and left, one after the other: times are those of single REST calls, from the caller's side, CPU is what the server used, beyond what\n"+
		"it used without them. Then %d messages were said, one after the other.\n\n", last.listeners, atATime, c.how.turns, c.how.said)
	b.WriteString("| members | listeners | join, median | leave, median | the slowest | CPU of a join and a leave | CPU of a message | CPU of a delivery |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, s := range c.levels {
		fmt.Fprintf(&b, "| %d | %d | %s | %s | %s | %s | %s | %s |\n", s.members, s.listeners, short(s.join), short(s.leave), short(s.slowest),
			short(s.turnCPU), short(s.sayCPU), short(s.sayCPU/time.Duration(s.listeners)))
	}
	fmt.Fprintf(&b, "\n%d messages were heard %d times: by everybody who was connected and in the room, once and in order. %d left and heard nothing\n"+
		"more, %d came and heard the rest. Full, the room took nobody else. All members were read in pages of 1,000 in %v, in the order of\n"+
		"joining. After it was deleted nobody was in it.\n\n", c.said, c.heard, c.how.leavers, c.how.comers, short(c.readIn))
	b.WriteString("| | heap MiB | memory MiB | goroutines | descriptors | users awake | rooms awake |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, r := range []struct {
		what string
		v    vitals
	}{{"sockets, no members", before}, {"all members", full}, {"deleted", gone}, {"asleep", asleep}} {
		fmt.Fprintf(&b, "| %s | %.0f | %.0f | %.0f | %.0f | %.0f | %.0f |\n", r.what, r.v.liveMiB, r.v.rssMiB, r.v.goroutines, r.v.descriptors,
			r.v.actors["user"], r.v.actors["room"])
	}
	writeReport(c.t, "rooms", c.began, b.String())
}

// report writes what joining and leaving have left to docs/reports, for committing.
func (c *cycle) report(before vitals, took time.Duration) {
	c.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "# Joins: %d by each connection\n\n", cycles())
	fmt.Fprintf(&b, "`PARLEY_SOAK=1 go test -run '^TestRooms_JoiningAndLeavingLeavesNothing$' ./test/system` on %s, commit %s; server\n"+
		"and clients shared the machine.\n\n", machine(), commit())
	fmt.Fprintf(&b, "%d users with a socket each joined and left %d times, one of %d rooms after the other, by REST, all at a time: %d joins and as many\n"+
		"leaves in %v. Meanwhile %d messages were said, and heard %d times, none twice or in another order; who had left heard nothing.\n"+
		"Memory is that of the process; the heap is what is live after a forced collection. Messages and entries go after %v.\n\n",
		cyclers, cycles(), cycleRooms, cyclers*cycles(), took.Round(time.Second), c.said, c.heardAll(), shortest)
	b.WriteString("| joins and leaves | heap MiB | memory MiB | goroutines | descriptors | log MiB |\n| --- | --- | --- | --- | --- | --- |\n")
	for i, v := range append([]vitals{before}, c.levels...) {
		fmt.Fprintf(&b, "| %d | %.1f | %.1f | %.0f | %.0f | %.1f |\n", i*cyclers*cycles()/tenths, v.liveMiB, v.rssMiB, v.goroutines, v.descriptors, v.logMiB)
	}
	writeReport(c.t, "joins", c.began, b.String())
}

func short(d time.Duration) string { return d.Round(max(time.Microsecond, d/1000)).String() }

func writeReport(t *testing.T, name string, began time.Time, text string) {
	t.Helper()
	path := filepath.Join("..", "..", "docs", "reports", name+"-"+began.UTC().Format(time.DateOnly)+".md")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("wrote %s", path)
}
