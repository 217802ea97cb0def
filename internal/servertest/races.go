package servertest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// WatchRaces returns what the environment of a process of the binary must have besides the test's own, as NAME=value, so
// that its race detector and that of its children write what they find into files; when the test ends they are read, and
// each report fails the test, unless its race is one of knownRaces. Nothing comes of it when the binary was built
// without a race detector. Call it before t.Cleanup is given what ends the process, so that all is written when it is
// read.
//
// A report does not end the process nor change its exit code, and comes at once: one that is killed has told what it
// had found.
//
// Checked by breaking it: with two goroutines that write one variable in internal/server, TestNode_KillAndRestart fails
// under -race, and so do all tests that start a node.
func WatchRaces(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(func() { reportRaces(t, dir) })
	return raceEnv(dir)
}

// raceEnv keeps what the caller chose and overrides where reports go; the last word counts. The path is quoted, since the
// name of a test is in it and a comma begins another setting. The detector sleeps for a second at the end of a process
// unless it is told not to.
func raceEnv(dir string) string {
	ours := fmt.Sprintf("log_path='%s' halt_on_error=0 exitcode=0 atexit_sleep_ms=0", filepath.Join(dir, "race"))
	return "GORACE=" + strings.TrimSpace(os.Getenv("GORACE")+" "+ours)
}

func reportRaces(t testing.TB, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "race.*")) // one for each process
	if err != nil {
		t.Error(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
		}
		for _, c := range checkRaces(string(text), knownRaces) {
			t.Errorf("the race detector in the binary says:\n%s", c)
		}
	}
}

// raceMark stands before each report and after it.
const raceMark = "==================\n"

// checkRaces returns what a race detector wrote, less the reports of known races. Outside of reports stands what the
// detector died of, and that is returned too. A report that was cut off when the process was killed is left out: it cannot
// be told whether it is of a known race, and another run will show it whole.
func checkRaces(text string, known []knownRace) (complaints []string) {
	parts := strings.Split(text, raceMark)
	for i, part := range parts {
		report := i%2 == 1
		cutOff := report && i == len(parts)-1
		if cutOff || report && explained(accesses(part), known) || strings.TrimSpace(part) == "" {
			continue
		}
		complaints = append(complaints, part)
	}
	return complaints
}

var (
	// accessLine begins the stack of one of the two accesses: "Write at 0x00c000012345 by goroutine 7:", "Previous
	// atomic read at ... by main goroutine:".
	accessLine = regexp.MustCompile(`(?i)^(previous )?(atomic )?(read|write) at 0x`)
	// frameLine is a function's: "  example.org/pkg.(*T).Method()". Its place in a file is indented further.
	frameLine = regexp.MustCompile(`^  (\S.*)\(\)$`)
)

// accesses returns the stacks of the accesses that a report tells, innermost function first, without the standard
// library's functions above the first that is not. A stack that the detector no longer knew is empty.
func accesses(report string) (stacks [][]string) {
	in := false
	for line := range strings.Lines(report) {
		line = strings.TrimRight(line, "\n")
		if !strings.HasPrefix(line, " ") && line != "" {
			if in = accessLine.MatchString(line); in {
				stacks = append(stacks, nil)
			}
			continue
		}
		frame := frameLine.FindStringSubmatch(line)
		if last := len(stacks) - 1; in && frame != nil && (len(stacks[last]) > 0 || !standard(frame[1])) {
			stacks[last] = append(stacks[last], frame[1])
		}
	}
	return stacks
}

// standard reports whether a function is the standard library's: the import paths of others begin with a host's name.
func standard(function string) bool {
	first, _, nested := strings.Cut(function, "/")
	if !nested {
		return !strings.HasPrefix(function, "main.")
	}
	return !strings.Contains(first, ".")
}
