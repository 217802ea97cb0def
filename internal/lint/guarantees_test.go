package lint

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// testName matches a test as the documents name it: `package: TestFunction`.
var testName = regexp.MustCompile("`([a-z0-9/]+): (Test[A-Za-z0-9_]+)`")

// checkHeld looks at the section "Holds" of docs/guarantees.md: every row must name tests that exist.
func checkHeld(text string, exists func(dir, test string) bool) (complaints []string) {
	rows := 0
	for _, line := range strings.Split(section(text, "## Holds"), "\n") {
		if !strings.HasPrefix(line, "| G") {
			continue
		}
		rows++
		if !testName.MatchString(line) {
			complaints = append(complaints, "no test is named for: "+line)
		}
	}
	if rows == 0 {
		complaints = append(complaints, "no guarantee is listed as held")
	}
	return append(complaints, checkNames(text, exists)...)
}

// checkNames checks that every test that a document names exists.
func checkNames(text string, exists func(dir, test string) bool) (complaints []string) {
	for _, m := range testName.FindAllStringSubmatch(text, -1) {
		if !exists(m[1], m[2]) {
			complaints = append(complaints, fmt.Sprintf("there is no test %s in %s", m[2], m[1]))
		}
	}
	return complaints
}

// section returns the text from a heading to the next of its rank.
func section(text, heading string) string {
	_, after, _ := strings.Cut(text, heading+"\n")
	before, _, _ := strings.Cut(after, "\n## ")
	return before
}

func TestGuarantees_HaveTests(t *testing.T) {
	report(t, checkHeld(read(t, "docs/guarantees.md"), inTree(t)))
}

func TestArchitecture_NamesTestsThatExist(t *testing.T) {
	report(t, checkNames(read(t, "ARCHITECTURE.md"), inTree(t)))
}

func TestGuarantees_NoticeMissingTests(t *testing.T) {
	exists := func(dir, test string) bool { return dir == "eventlog" && test == "TestThere" }
	for _, c := range []struct{ text, about string }{
		{"## Holds\n\n| G1 | always | none |\n", "no test is named"},
		{"## Holds\n\n| G1 | always | `eventlog: TestGone` |\n", "no test TestGone"},
		{"## Planned\n\n| G1 | later | |\n", "no guarantee is listed"},
	} {
		wantComplaint(t, checkHeld(c.text, exists), c.about)
	}
	report(t, checkHeld("## Holds\n\n| G1 | always | `eventlog: TestThere` |\n\n## Planned\n\n| G2 | later | |\n", exists))
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// inTree returns a function that looks for a test function in a directory of this repository.
func inTree(t *testing.T) func(dir, test string) bool {
	t.Helper()
	known := make(map[string]bool)
	for _, p := range packages(t) {
		_, tests := p.files()
		for _, path := range tests {
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
					known[p.short()+" "+fn.Name.Name] = true
				}
			}
		}
	}
	return func(dir, test string) bool { return known[dir+" "+test] }
}
