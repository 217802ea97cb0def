package lint

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// cores are the pure packages, see docs/design.md section 3.
var cores = []string{
	"actors/core", "actors/device", "actors/dialog", "actors/gathering", "actors/group", "actors/room", "actors/user",
}

// impure lists what a core may not import. Given the same state, command and time it must return the same entries on
// every replay and on every node.
var impure = []string{
	"context", "crypto/rand", "log", "log/slog", "math/rand", "math/rand/v2", "net", "net/http", "os", "sync", "sync/atomic", "time",
}

func checkCore(p pkg) (complaints []string) {
	for _, i := range p.Imports {
		if slices.Contains(impure, i) {
			complaints = append(complaints, fmt.Sprintf("%s imports %s: a core has no clock, dice, lock, goroutine or file; pass it in", p.short(), i))
		}
	}
	return complaints
}

func TestCores_ArePure(t *testing.T) {
	seen := 0
	for _, p := range packages(t) {
		if !slices.Contains(cores, p.short()) {
			continue
		}
		seen++
		report(t, checkCore(p))
		own, _ := p.files()
		for _, f := range own {
			report(t, checkSource(f, nil, noGoroutine))
		}
	}
	if seen != len(cores) {
		t.Errorf("found %d of the cores %v", seen, cores)
	}
}

func TestCores_NoticeImpurity(t *testing.T) {
	wantComplaint(t, checkCore(pkg{ImportPath: module + "/actors/user", Imports: []string{"slices", "time"}}), "imports time")
	wantComplaint(t, checkSource("bad.go", "package user\nfunc f() { go f() }", noGoroutine), "goroutine")
}

// A test that sleeps is slow when the machine is fast and wrong when it is slow: wait for a condition with a deadline.
func TestTests_DoNotSleep(t *testing.T) {
	for _, p := range packages(t) {
		_, tests := p.files()
		for _, f := range tests {
			report(t, checkSource(f, nil, noSleep))
		}
	}
}

func TestTests_NoticeSleep(t *testing.T) {
	bad := "package x\nimport nap \"time\"\nfunc f() { nap.Sleep(1) }"
	wantComplaint(t, checkSource("bad_test.go", bad, noSleep), "sleeps")
	report(t, checkSource("good_test.go", "package x\nfunc f(s interface{ Sleep(int) }) { s.Sleep(1) }", noSleep))
}

// checkSource runs a rule over every node of a file; src nil = read it.
func checkSource(path string, src any, rule func(*ast.File, ast.Node) string) (complaints []string) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, src, parser.SkipObjectResolution)
	if err != nil {
		return []string{err.Error()}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if text := rule(f, n); text != "" {
			complaints = append(complaints, fmt.Sprintf("%s: %s", fset.Position(n.Pos()), text))
		}
		return true
	})
	return complaints
}

func noGoroutine(_ *ast.File, n ast.Node) string {
	if _, ok := n.(*ast.GoStmt); ok {
		return "a core starts no goroutine"
	}
	return ""
}

func noSleep(f *ast.File, n ast.Node) string {
	sel, ok := n.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Sleep" {
		return ""
	}
	if x, ok := sel.X.(*ast.Ident); ok && x.Name == importName(f, "time") {
		return "a test sleeps: wait for a condition with a deadline"
	}
	return ""
}

// importName returns the name under which f imports path, "" when it does not.
func importName(f *ast.File, path string) string {
	for _, i := range f.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err != nil || p != path {
			continue
		}
		if i.Name != nil {
			return i.Name.Name
		}
		return filepath.Base(path)
	}
	return ""
}

// Every package says what it is for; a command says what it does.
func TestPackages_AreDocumented(t *testing.T) {
	for _, p := range packages(t) {
		own, tests := p.files()
		if len(own) == 0 {
			report(t, checkDoc(p.short(), texts(t, tests)))
			continue
		}
		report(t, checkDoc(p.short(), texts(t, own)))
	}
}

func TestPackages_NoticeMissingDocs(t *testing.T) {
	wantComplaint(t, checkDoc("x", []string{"package x"}), "no package doc")
	wantComplaint(t, checkDoc("x", []string{"// Package x.\npackage x"}), "too short")
	wantComplaint(t, checkDoc("x", []string{"// About something.\npackage x"}), "no package doc")
	report(t, checkDoc("x", []string{"package x", "// Package x keeps what callers put into it, for tests alone.\npackage x"}))
}

func texts(t *testing.T, paths []string) (out []string) {
	t.Helper()
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	}
	return out
}

// leastDoc is the shortest package doc that can say what a package is for, in bytes.
const leastDoc = 40

func checkDoc(short string, sources []string) []string {
	for _, src := range sources {
		f, err := parser.ParseFile(token.NewFileSet(), "", src, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil || f.Doc == nil {
			continue
		}
		doc := f.Doc.Text()
		if strings.HasPrefix(doc, "Package "+f.Name.Name+" ") || strings.HasPrefix(doc, "Package "+f.Name.Name+".") || f.Name.Name == "main" && strings.HasPrefix(doc, "Command ") {
			if len(doc) < leastDoc {
				return []string{short + ": its package doc is too short to say what it is for"}
			}
			return nil
		}
	}
	return []string{short + " has no package doc: a stranger must learn from it what the package is for"}
}
