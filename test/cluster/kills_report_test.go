package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// report writes what a long run found to docs/reports, for committing.
func (b *busyGroup) report() {
	b.t.Helper()
	writeReport(b.t, "kills", b.began, b.reportText())
}

func (b *busyGroup) reportText() string {
	var text strings.Builder
	acks, _ := b.book.Counts()
	heard, connections := 0, 0
	for _, k := range b.talkers {
		k.mu.Lock()
		for _, l := range k.mu.lives {
			heard, connections = heard+len(l.heard), connections+1
		}
		k.mu.Unlock()
	}
	fmt.Fprintf(&text, "# Kills: the leader of a busy group, %d times\n\n", len(b.falls))
	fmt.Fprintf(&text, "`make soak`, on %s, commit %s, took %v; load average over a minute %s at the end. Three processes and all clients share the machine.\n\n",
		machine(), commit(), time.Since(b.began).Round(time.Second), load())
	fmt.Fprintf(&text, "A group of %d, %d on each node, and a friend of all of them on each node. The node that leads the group's shard is killed with\n"+
		"SIGKILL while the members on the two others say %d messages a second, one at a time each. It comes back, and when all nodes lead\n"+
		"their share again, the next one is killed.\n\n", len(b.talkers), busyMembers, busyRate)
	fmt.Fprintf(&text, "Acknowledged: %d; heard: %d, on %d connections. Lost, doubled, swapped, gaps, stamps that do not grow, histories of nodes that\n"+
		"differ, messages that somebody who was connected never heard, users who stayed and were said to come or go: 0.\n\n", acks, heard, connections)
	text.WriteString("| | least | median | most |\n| --- | --- | --- | --- |\n")
	b.row(&text, "longest pause of acknowledgements at a kill", func(f fall) time.Duration { return f.pause })
	b.row(&text, "longest that one message took", func(f fall) time.Duration { return f.wait })
	b.row(&text, "longest pause before the kill", func(f fall) time.Duration { return f.usual })
	b.row(&text, "longest pause when the node came back, and took its share", func(f fall) time.Duration { return f.later })
	b.row(&text, "start to ready", func(f fall) time.Duration { return f.back })
	over, cut, slowest := 0, 0, float64(busyRate)
	for _, f := range b.falls {
		if f.pause > aimedPause {
			over++
		}
		cut, slowest = cut+f.cut, min(slowest, f.rate)
	}
	fmt.Fprintf(&text, "\nMore than %v, which is the aim: %d of %d. Acknowledged a second before a kill: %.0f at least. Connections to nodes that were not killed\n"+
		"that were closed, since they may have missed something: %d of %d.\n", aimedPause, over, len(b.falls), slowest, cut, len(b.falls)*2*busyMembers)
	text.WriteString("\n| kill | node | a second | pause | one message | closed |\n| --- | --- | --- | --- | --- | --- |\n")
	for i, f := range b.falls {
		fmt.Fprintf(&text, "| %d | %s | %.0f | %v | %v | %d |\n", i+1, f.node, f.rate, ms(f.pause), ms(f.wait), f.cut)
	}
	return text.String()
}

func (b *busyGroup) row(text *strings.Builder, name string, value func(fall) time.Duration) {
	var all []time.Duration
	for _, f := range b.falls {
		all = append(all, ms(value(f)))
	}
	slices.Sort(all)
	fmt.Fprintf(text, "| %s | %v | %v | %v |\n", name, all[0], all[len(all)/2], all[len(all)-1])
}

// writeReport writes text to docs/reports under a name and the day on which the run began; not after a failure.
func writeReport(t *testing.T, name string, began time.Time, text string) {
	t.Helper()
	if t.Failed() {
		t.Logf("not written, since the test has failed:\n%s", text)
		return
	}
	path := filepath.Join("..", "..", "docs", "reports", name+"-"+began.UTC().Format(time.DateOnly)+".md")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("wrote %s", path)
}

// machine describes what the run ran on.
func machine() string {
	return fmt.Sprintf("%d cores of %s, %s", runtime.NumCPU(), cpuModel(), runtime.Version())
}

func cpuModel() string {
	info, _ := os.ReadFile("/proc/cpuinfo") // only Linux has it
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// load is the machine's load average over a minute.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

// commit names the tree that was tested, with a mark when it differs from the commit.
func commit() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty", "--abbrev=12").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
