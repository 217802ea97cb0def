package lint

import (
	"strings"
	"testing"
)

// What a stranger is told to run, and what continuous integration runs, must be the same thing.
func TestMakefile_HasTheTargetsThatDocumentsName(t *testing.T) {
	makefile := read(t, "Makefile")
	for _, target := range []string{"run", "test", "check", "bench", "proto", "soak"} {
		if !strings.Contains(makefile, "\n"+target+":") {
			t.Errorf("Makefile has no target %s", target)
		}
	}
	if !strings.Contains(read(t, ".ci/run"), "\nmake test check\n") {
		t.Error(".ci/run does not call make test check")
	}
	for _, command := range []string{"go run ./cmd/parley serve", "make test"} {
		if !strings.Contains(read(t, "README.md"), command) {
			t.Errorf("README.md does not show %q", command)
		}
	}
}
