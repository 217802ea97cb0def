package lint

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"testing"
)

// A goroutine that outlives its test holds what it holds, and may fail a test that comes later: whoever starts goroutines
// looks for those that are left.

// guards are the functions that run a package's tests and fail them when a goroutine is left, by their package. Those of
// servertest call goleak's; TestLeaks_AreLookedFor makes sure.
var guards = map[string][]string{
	"go.uber.org/goleak":            {"VerifyTestMain"},
	module + "/internal/servertest": {"Main", "MainTagged"},
}

// unguarded are packages that start goroutines and do not look for those that are left, with the reason.
var unguarded = map[string]string{}

// checkLeaks wants a guard in one of the test files if any of the files starts a goroutine. A package without test files
// has no run at the end of which anything could be left.
func checkLeaks(short string, own, tests []*ast.File) []string {
	if len(tests) == 0 || guarded(tests) {
		return nil
	}
	for _, f := range slices.Concat(own, tests) {
		if starts(f) {
			return []string{short + " starts goroutines, and its tests do not look for those that are left: call goleak.VerifyTestMain in TestMain"}
		}
	}
	return nil
}

// starts reports whether a goroutine is started in f: by a go statement, or by a method Go, as sync.WaitGroup has it.
func starts(f *ast.File) bool {
	return contains(f, func(n ast.Node) bool {
		if _, ok := n.(*ast.GoStmt); ok {
			return true
		}
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return false
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		return ok && method.Sel.Name == "Go"
	})
}

// guarded reports whether one of the files calls a guard.
func guarded(files []*ast.File) bool {
	for _, f := range files {
		for path, functions := range guards {
			if calls(f, path, functions) {
				return true
			}
		}
	}
	return false
}

// calls reports whether f calls one of these functions of the package path.
func calls(f *ast.File, path string, functions []string) bool {
	name := importName(f, path)
	return name != "" && contains(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return false
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || !slices.Contains(functions, sel.Sel.Name) {
			return false
		}
		x, ok := sel.X.(*ast.Ident)
		return ok && x.Name == name
	})
}

func contains(f *ast.File, is func(ast.Node) bool) (found bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		found = found || n != nil && is(n)
		return !found
	})
	return found
}

func TestLeaks_AreLookedFor(t *testing.T) {
	for _, p := range packages(t) {
		own, tests := p.files()
		ownFiles := parsed(t, texts(t, own)...)
		complaints := checkLeaks(p.short(), ownFiles, parsed(t, texts(t, tests)...))
		if why := unguarded[p.short()]; why == "" {
			report(t, complaints)
		} else if len(complaints) == 0 {
			t.Errorf("%s is excepted (%s), and need not be", p.short(), why)
		}
		if p.short() == "internal/servertest" && !guarded(ownFiles) {
			t.Error("servertest.Main does not look for goroutines that are left: it is no guard")
		}
	}
}

func TestLeaks_NoticeWhoDoesNotLook(t *testing.T) {
	const (
		statement = "package x\nfunc f() { go f() }"
		group     = "package x\nimport \"sync\"\nfunc f() { var g sync.WaitGroup; g.Go(f); g.Wait() }"
		quiet     = "package x\nfunc f() { f() }"
		leak      = "package x\nimport \"go.uber.org/goleak\"\nfunc TestMain(m *testing.M) { goleak.VerifyTestMain(m) }"
		node      = "package x\nimport \"" + module + "/internal/servertest\"\nfunc TestMain(m *testing.M) { servertest.Main(m) }"
		ignored   = "package x\nimport \"go.uber.org/goleak\"\nvar option = goleak.IgnoreCurrent()"
	)
	for _, c := range []struct {
		name, own, test string
		complains       bool
	}{
		{"a go statement", statement, quiet, true},
		{"a group", group, quiet, true},
		{"a go statement in a test", quiet, statement, true},
		{"goleak for something else", statement, ignored, true},
		{"goleak", statement, leak, false},
		{"a node's", statement, node, false},
		{"no goroutine", quiet, quiet, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			complaints := checkLeaks("x", parsed(t, c.own), parsed(t, c.test))
			if !c.complains {
				report(t, complaints)
				return
			}
			wantComplaint(t, complaints, "x starts goroutines")
		})
	}
	report(t, checkLeaks("x", parsed(t, statement), nil))
}

// parsed returns the files with those texts.
func parsed(t *testing.T, sources ...string) (files []*ast.File) {
	t.Helper()
	for _, src := range sources {
		f, err := parser.ParseFile(token.NewFileSet(), "", src, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}
