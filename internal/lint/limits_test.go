package lint

import (
	"strings"
	"testing"
)

// checkBounds looks at docs/limits.md: the row of every bound, which begins with L, must name its code, and a test that
// shows it or else say that it is untested, and no two are called the same. What has no bound, in rows that begin with U, needs no test.
func checkBounds(text string, exists func(dir, test string) bool) (complaints []string) {
	seen := map[string]bool{}
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(line, "| L") {
			continue
		}
		id, _, _ := strings.Cut(line[2:], " ")
		if seen[id] {
			complaints = append(complaints, "there are two rows "+id)
		}
		seen[id] = true
		if !place.MatchString(line) {
			complaints = append(complaints, "no code is named for: "+line)
		}
		if !testName.MatchString(line) && !strings.HasSuffix(line, "| untested |") {
			complaints = append(complaints, "no test is named for: "+line)
		}
	}
	if len(seen) == 0 {
		complaints = append(complaints, "no bound is listed")
	}
	return append(complaints, checkNames(text, exists)...)
}

func TestLimits_NameCodeAndTests(t *testing.T) {
	report(t, checkBounds(read(t, "docs/limits.md"), inTree(t)))
}

func TestLimits_NoticeMissingTests(t *testing.T) {
	exists := func(_, test string) bool { return test == "TestThere" }
	const code, there = "| `a/b.go: max` ", "| `a: TestThere` |\n"
	for _, c := range []struct{ text, about string }{
		{"| L1 " + code + "| none |\n", "no test is named"},
		{"| L1 " + code + "| `a: TestGone` |\n", "no test TestGone"},
		{"| L1 | somewhere " + there, "no code is named"},
		{"| U1 | nothing |\n", "no bound is listed"},
		{"| L1 " + code + there + "| L1 " + code + there, "two rows L1"},
		{"| L1 " + code + there + "| U1 | `a: TestGone` |\n", "no test TestGone"},
	} {
		wantComplaint(t, checkBounds(c.text, exists), c.about)
	}
	report(t, checkBounds("| L1 "+code+there+"| L2 "+code+"| untested |\n| U1 | nothing |\n", exists))
}
