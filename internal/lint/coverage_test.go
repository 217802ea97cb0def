package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	// numbered matches a heading with a number: "### 3.8 Socket.IO packets". Those without one belong to the section before.
	numbered = regexp.MustCompile(`^#{2,3} (\d+(?:\.\d+)?)\.? `)
	// ruler matches the line below the head of a table.
	ruler = regexp.MustCompile(`^\|[-:| ]+\|$`)
	// excused matches what the coverage says of a row, or of a part of it, that no test holds.
	excused = regexp.MustCompile(`(^|; )(untested$|(open|n/a): \S)`)
)

// retold is the section of the protocol whose table says nothing that others do not: it is an example.
const retold = "11"

const (
	// between stands between the cells of a row in its key.
	between = " · "
	// ellipsis ends a key that is only the beginning.
	ellipsis = "…"
)

// line is a row of a table.
type line struct {
	section string
	cells   []string
}

// text is what keys are compared with: the row in one piece.
func (l line) text() string { return strings.Join(l.cells, between) }

func (l line) String() string { return fmt.Sprintf("%s, row %.60q", l.section, l.text()) }

// isCalled reports whether key, the first cell of a row of the coverage, stands for l: it is one or more of its first cells, or the
// beginning of them with an ellipsis.
func (l line) isCalled(key string) bool {
	if begin, cut := strings.CutSuffix(key, ellipsis); cut && strings.HasPrefix(l.text(), begin) {
		return true
	}
	return strings.HasPrefix(l.text()+between, key+between)
}

// tableRows returns the rows of all tables in numbered sections, without heads.
func tableRows(text string) (rows []line) {
	section, headed := "", false
	for l := range strings.SplitSeq(text, "\n") {
		if m := numbered.FindStringSubmatch(l); m != nil {
			section = m[1]
		}
		switch {
		case !strings.HasPrefix(l, "|"):
			headed = false
		case ruler.MatchString(l):
			headed = true
		case headed && section != "":
			rows = append(rows, line{section, cells(l)})
		}
	}
	return rows
}

func cells(l string) (list []string) {
	for c := range strings.SplitSeq(strings.Trim(strings.TrimSpace(l), "|"), "|") {
		list = append(list, strings.TrimSpace(c))
	}
	return list
}

// checkCoverage compares the rows of the protocol with those of its coverage: each has one, in the same order, and each names
// tests that exist, or says why it has none.
func checkCoverage(protocol, coverage string, exists func(dir, test string) bool) (complaints []string) {
	said := slices.DeleteFunc(tableRows(protocol), func(l line) bool { return l.section == retold })
	kept := tableRows(coverage)
	if len(said) == 0 {
		complaints = append(complaints, "the protocol has no rows")
	}
	last := -1
	for _, k := range kept {
		i := -1
		for j, s := range said {
			if s.section == k.section && s.isCalled(k.cells[0]) {
				if i >= 0 {
					complaints = append(complaints, fmt.Sprintf("%s stands for more rows than one: say more of it", k))
				}
				i = j
			}
		}
		switch {
		case i < 0:
			complaints = append(complaints, fmt.Sprintf("%s is not in the protocol", k))
		case i <= last:
			complaints = append(complaints, fmt.Sprintf("%s is given twice or out of the protocol's order", k))
		default:
			complaints = append(complaints, missed(said[last+1:i])...)
			last = i
		}
		complaints = append(complaints, checkHolders(k)...)
	}
	complaints = append(complaints, missed(said[last+1:])...)
	return append(complaints, checkNames(coverage, exists)...)
}

// missed complains about rows that the coverage has passed over.
func missed(rows []line) (complaints []string) {
	for _, l := range rows {
		complaints = append(complaints, fmt.Sprintf("the coverage has no %s", l))
	}
	return complaints
}

// checkHolders checks that a row of the coverage says what holds it.
func checkHolders(k line) []string {
	if len(k.cells) != 2 {
		return []string{fmt.Sprintf("%s has %d cells, want 2", k, len(k.cells))}
	}
	if !testName.MatchString(k.cells[1]) && !excused.MatchString(k.cells[1]) {
		return []string{fmt.Sprintf("%s names no test, and is neither open, n/a nor untested", k)}
	}
	return nil
}

// Every row of the protocol is held by a test, or it is said that none holds it.
//
// Checked by breaking it: a row taken out of docs/coverage.md, one renamed there, one more in docs/protocol.md, and a test of
// another name each fail it.
func TestProtocol_EveryRowIsAccountedFor(t *testing.T) {
	report(t, checkCoverage(read(t, "docs/protocol.md"), read(t, "docs/coverage.md"), inTree(t)))
}

func TestProtocol_NoticesRowsThatAreNotAccountedFor(t *testing.T) {
	const head = "\n| what | held by |\n|---|---|\n"
	const protocol = "| mark | of no section |\n|---|---|\n| x | y |\n## 3. Packets\n" + head +
		"| 0 | CONNECT | say |\n| **all** the rest, at length | ignored |\n\n## 11. Retold\n" + head + "| 1 | again |\n"
	const front, here, there = "## 3. Packets\n" + head, "| 0 · CONNECT | `a: TestThere` |\n", "| **all** the… | open: no need |\n"
	exists := func(_, test string) bool { return test == "TestThere" }
	for _, c := range []struct{ coverage, about string }{
		{front + here, "the coverage has no 3, row \"**all** the rest"},
		{front + there, "the coverage has no 3, row \"0 · CONNECT"},
		{front + here + "| 1 | n/a: a client's |\n" + there, "\"1 · n/a: a client's\" is not in the protocol"},
		{front + here + here + there, "given twice"},
		{front + "| 0 · CON | `a: TestThere` |\n" + here + there, "not in the protocol"},
		{front + "| 0 | `a: TestGone` |\n" + there, "no test TestGone"},
		{front + "| 0 | TestThere |\n" + there, "names no test"},
		{front + "| 0 | open |\n" + there, "names no test"},
		{front + "| 0 | untested? |\n" + there, "names no test"},
		{front + "| 0 | `a: TestThere` | more |\n" + there, "has 3 cells"},
	} {
		wantComplaint(t, checkCoverage(protocol, c.coverage, exists), c.about)
	}
	for _, good := range []string{
		front + here + there, front + "| 0 | untested |\n| **all** the rest, at length | `a: TestThere`; open: the other half |\n",
	} {
		report(t, checkCoverage(protocol, good, exists))
	}
	twice := "## 1. Twice\n" + head + "| a | b |\n| a | c |\n"
	complaints := checkCoverage(twice, "## 1. Twice\n"+head+"| a | untested |\n", exists)
	if len(complaints) != 2 || !strings.Contains(complaints[0], "more rows than one") {
		t.Errorf("a key for two rows: %q", complaints)
	}
}
