package lint

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// faultMarks are texts that a binary holds if and only if its disk breaks on command: a route, and a variable of the
// environment.
var faultMarks = []string{"/debug/faults", "PARLEY_FAULTS"}

func checkFaults(binary []byte) (complaints []string) {
	for _, mark := range faultMarks {
		if bytes.Contains(binary, []byte(mark)) {
			complaints = append(complaints, fmt.Sprintf("the binary holds %q: whoever reaches it could break its disk", mark))
		}
	}
	return complaints
}

// The disk of a released binary fails by itself or not at all: what lets tests break it is in builds with the tag faults
// alone.
func TestBinary_CannotBreakItsDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley")
	cmd := exec.Command("go", "build", "-o", path, "./cmd/parley")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	binary, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	report(t, checkFaults(binary))
}

// The marks are what the code behind the tag is known by.
func TestBinary_NoticesFaults(t *testing.T) {
	code := read(t, "internal/server/faults.go") + read(t, "eventlog/disk/faults.go")
	if got := checkFaults([]byte(code)); len(got) != len(faultMarks) {
		t.Errorf("the code behind the tag: %q, want a complaint about each of %q", got, faultMarks)
	}
}
