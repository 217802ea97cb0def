package system

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// report writes what a long run found to docs/reports, for committing.
func (r *rampage) report() {
	r.t.Helper()
	path := filepath.Join("..", "..", "docs", "reports", "soak-"+r.began.UTC().Format(time.DateOnly)+".md")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(r.reportText()), 0o644); err != nil {
		r.t.Fatal(err)
	}
	r.t.Logf("wrote %s", path)
}

func (r *rampage) reportText() string {
	var b strings.Builder
	acks, _ := r.book.Counts()
	fmt.Fprintf(&b, "# Soak: %d kills under load\n\n", len(r.kills))
	fmt.Fprintf(&b, "`make soak` with PARLEY_SEED=%d, on %s, commit %s, took %v.\n\n",
		r.seed, machine(), commit(), time.Since(r.began).Round(time.Second))
	fmt.Fprintf(&b, "%d users in %d conversations, up to %d unanswered messages each; SIGKILL at random moments. After every\n"+
		"restart the whole history of every conversation was compared with everything acknowledged so far.\n\n",
		len(r.speakers), len(r.speakers)/2, window)
	fmt.Fprintf(&b, "Acknowledged: %d. Lost, doubled, swapped, gaps, stamps that do not grow: 0.\n\n", acks)
	b.WriteString("| | least | median | most |\n| --- | --- | --- | --- |\n")
	r.row(&b, "acks between two kills", func(k killed) int64 { return int64(k.acks) }, "")
	r.row(&b, "sends without an answer at the kill", func(k killed) int64 { return int64(k.pending) }, "")
	r.row(&b, "start to ready", func(k killed) int64 { return k.restart.Milliseconds() }, " ms")
	return b.String()
}

func (r *rampage) row(b *strings.Builder, name string, value func(killed) int64, unit string) {
	var all []int64
	for _, k := range r.kills {
		all = append(all, value(k))
	}
	slices.Sort(all)
	fmt.Fprintf(b, "| %s | %d%s | %d%s | %d%s |\n", name, all[0], unit, all[len(all)/2], unit, all[len(all)-1], unit)
}

// machine describes what the run ran on.
func machine() string {
	return fmt.Sprintf("%d cores of %s, %s", runtime.NumCPU(), cpuModel(), runtime.Version())
}

func cpuModel() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// commit names the tree that was tested, with a mark when it differs from the commit.
func commit() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty", "--abbrev=12").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
