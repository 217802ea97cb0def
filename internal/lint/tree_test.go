package lint

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// module is the import path of this repository; root is its directory, seen from here.
const (
	module = "github.com/parley-im/parley"
	root   = "../.."
)

// pkg is one package of ours, as `go list` describes it.
type pkg struct {
	ImportPath                 string
	Dir                        string
	Standard                   bool
	Imports                    []string
	TestImports, XTestImports  []string
	GoFiles                    []string
	TestGoFiles, XTestGoFiles  []string
	IgnoredGoFiles, OtherFiles []string
}

// short returns the path within the module: "eventlog/store".
func (p pkg) short() string { return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/") }

// testImports returns what the package's tests import.
func (p pkg) testImports() []string {
	return append(append([]string(nil), p.TestImports...), p.XTestImports...)
}

// ours cuts the module off an import path; ok is false for other people's packages.
func ours(importPath string) (short string, ok bool) {
	return strings.CutPrefix(importPath, module+"/")
}

// tree lists the packages of this repository.
var tree = sync.OnceValues(func() ([]pkg, error) { return list("./...") })

// list runs `go list` on patterns, from the root.
func list(args ...string) ([]pkg, error) {
	cmd := exec.Command("go", append([]string{"list", "-e", "-json"}, args...)...)
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
}

func packages(t *testing.T) []pkg {
	t.Helper()
	all, err := tree()
	if err != nil || len(all) == 0 {
		t.Fatalf("go list: %d packages, %v", len(all), err)
	}
	return all
}

// files returns the paths of the package's Go files: its own, and those of its tests.
func (p pkg) files() (own, tests []string) {
	for _, f := range p.GoFiles {
		own = append(own, filepath.Join(p.Dir, f))
	}
	for _, f := range append(append([]string(nil), p.TestGoFiles...), p.XTestGoFiles...) {
		tests = append(tests, filepath.Join(p.Dir, f))
	}
	return own, tests
}

// within reports whether the short path lies in the tree below dir, or is dir.
func within(short, dir string) bool { return short == dir || strings.HasPrefix(short, dir+"/") }

// report fails the test with every complaint.
func report(t *testing.T, complaints []string) {
	t.Helper()
	for _, c := range complaints {
		t.Error(c)
	}
}

// wantComplaint checks that a rule noticed a bad example.
func wantComplaint(t *testing.T, complaints []string, about string) {
	t.Helper()
	if len(complaints) != 1 || !strings.Contains(complaints[0], about) {
		t.Errorf("want one complaint about %q, got %q", about, complaints)
	}
}
