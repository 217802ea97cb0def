package lint

import (
	"go/ast"
	"path"
	"path/filepath"
	"slices"
	"testing"
)

// wallClocks are the files that may make a number of a time.Time, which is then the wall clock's, and why. Anything else
// measures with time.Since, Sub, Before and After, which look at the monotonic clock: a wall clock jumps, and must not
// put actors to sleep, end sessions, or forget what was heard a moment ago.
var wallClocks = map[string]string{
	"im/ids.go":                     "im.At makes the stamps",
	"actors/host.go":                "messages are stamped by it, later than the last whatever it says",
	"eventlog/options.go":           "reads hide by it, guarded",
	"eventlog/logtest/memory.go":    "as eventlog",
	"transport/dispatch/options.go": "what is said to all is stamped by it, and by no actor",
	"internal/server/options.go":    "the node's clock, for those above",
	"internal/servertest/client.go": "a signature holds the time",
	"test/client/rest.go":           "a signature holds the time",
	"bench/swarm/sign.go":           "a signature holds the time",
}

// isWall notices im.At and the methods of time.Time that drop the monotonic reading for a number. time.UnixMilli and the
// like, which make a Time of a number, are fine.
func isWall(f *ast.File, n ast.Node) string {
	sel, ok := n.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	x, _ := sel.X.(*ast.Ident)
	from := func(path string) bool { return x != nil && x.Name != "" && x.Name == importName(f, path) }
	switch {
	case sel.Sel.Name == "At" && from(module+"/im"),
		slices.Contains([]string{"Unix", "UnixMilli", "UnixMicro", "UnixNano"}, sel.Sel.Name) && !from("time"):
		return "the wall clock jumps: measure with time.Since, or say in internal/lint why not"
	}
	return ""
}

// Only stamps, signatures and the guarded clock of reads rest on the wall clock.
//
// Checked by breaking it: it fails when an actor notes in Unix nanoseconds when it was last used.
func TestClock_OnlyStampsRestOnTheWallClock(t *testing.T) {
	used := map[string]bool{}
	for _, p := range packages(t) {
		own, _ := p.files()
		for _, f := range own {
			short := path.Join(p.short(), filepath.Base(f))
			complaints := checkSource(f, nil, isWall)
			if wallClocks[short] == "" {
				report(t, complaints)
			}
			used[short] = len(complaints) > 0
		}
	}
	for f := range wallClocks {
		if !used[f] {
			t.Errorf("%s does not look at the wall clock: its row is not needed", f)
		}
	}
}

func TestClock_NoticesTheWallClock(t *testing.T) {
	const head = "package x\nimport (\n\"time\"\n\"" + module + "/im\"\n)\n"
	wantComplaint(t, checkSource("bad.go", head+"var n = time.Now().UnixNano()", isWall), "wall clock jumps")
	wantComplaint(t, checkSource("bad.go", head+"var n = im.At(time.Now())", isWall), "wall clock jumps")
	report(t, checkSource("good.go", head+"var t = time.UnixMilli(5)\nvar d = time.Since(t)\nvar u = im.User(\"a\", \"b\")", isWall))
}
