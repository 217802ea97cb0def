package system

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/parley-im/parley/test/client"
)

// report writes what a long run found to docs/reports, for committing.
func (c *churn) report() {
	c.t.Helper()
	if c.t.Failed() {
		return
	}
	path := filepath.Join("..", "..", "docs", "reports", "churn-"+c.began.UTC().Format(time.DateOnly)+".md")
	c.must(os.MkdirAll(filepath.Dir(path), 0o755))
	c.must(os.WriteFile(path, []byte(c.reportText()), 0o644))
	c.t.Logf("wrote %s", path)
}

func (c *churn) reportText() string {
	var b strings.Builder
	took := c.levels[tenths-1].at
	fmt.Fprintf(&b, "# Churn: %d logins\n\n", c.logins.Load())
	fmt.Fprintf(&b, "`PARLEY_SOAK=1 go test -run '^TestChurn_' ./test/system` with PARLEY_SEED=%d, on %s, commit %s,\n"+
		"took %v, %.0f logins a second; server and clients shared the machine.\n\n",
		c.seed, machine(), commit(), took.Round(time.Second), float64(c.logins.Load())/took.Seconds())
	fmt.Fprintf(&b, "%d users, %d workers, %d installations; %d visits, to %d groups and %d rooms, of which %d were deleted, to\n"+
		"friends, strangers and passengers. By polling: %d logins. Of passengers: %d, most with an id of their own.\n"+
		"Heard: %d messages. Vanished before the login was answered: %d.\n\n",
		crowd, workers, phones, c.visits.Load(), c.mu.made[client.Group], c.mu.made[client.Room],
		len(c.mu.ended[client.Group])+len(c.mu.ended[client.Room]), c.polled.Load(), c.passengers.Load(), c.heard.Load(), c.vanished.Load())
	fmt.Fprintf(&b, "After each tenth everybody left. Heap in use is read after a forced collection. Of groups, rooms, passengers\n"+
		"and dialogs, the bound in brackets is how many existed within the last %v. The last line is after all actors fell asleep. The log\n"+
		"grows: nothing reclaims its space yet.\n\n", asleepAfter)
	b.WriteString("| logins | time | connections | goroutines | descriptors | heap MiB | log MiB | users | passengers | dialogs | devices | groups | rooms |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, l := range append([]level{{vitals: c.before}}, c.levels...) {
		b.WriteString(l.row())
	}
	b.WriteString("\nAfter each tenth no user had a session, and the lists of all users were those of the groups and rooms that existed.\n")
	return b.String()
}

func (l level) row() string {
	bounded := func(kind string) string {
		return fmt.Sprintf("%.0f (%.0f)", l.actors[kind], l.bounds[kind])
	}
	return fmt.Sprintf("| %d | %v | %.0f | %.0f | %.0f | %.1f | %.1f | %.0f | %s | %s | %.0f | %s | %s |\n",
		l.logins, l.at.Round(time.Second), l.connections, l.goroutines, l.descriptors, l.heapMiB, l.logMiB,
		l.actors["user"], bounded("passenger"), bounded("dialog"), l.actors["device"], bounded("group"), bounded("room"))
}
