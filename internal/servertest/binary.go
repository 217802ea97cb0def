package servertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/web"
)

// BinaryEnv names a binary to test in place of a fresh build.
const BinaryEnv = "PARLEY_TEST_BINARY"

// runTimeout bounds a command that Run waits for.
const runTimeout = Slowdown * time.Minute

// Main is a TestMain: it runs the tests, fails them if a goroutine is left, and removes the binary that they built.
func Main(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		Cleanup()
		os.Exit(code)
	}))
}

// MainTagged is Main for the tests of a binary that is built with these tags, as `go build -tags` takes them. BinaryEnv
// does not count for it.
func MainTagged(m *testing.M, tags string) {
	buildTags = tags
	Main(m)
}

// Cleanup removes the binary, for those who have a TestMain of their own.
func Cleanup() {
	if built != "" {
		os.RemoveAll(built) //nolint:errcheck // a temporary directory
	}
}

// Binary returns the path of the parley binary and builds it at the first call: with the race detector when the test has
// it. Whoever starts the binary without Start or Run adds WatchRaces to its environment.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// buildTags are the tags of the binary, "" = none. Set before the tests run.
var buildTags string

// built is the directory that build made, "" before.
var built string

var build = sync.OnceValues(func() (string, error) {
	if path := os.Getenv(BinaryEnv); path != "" && buildTags == "" {
		return path, nil
	}
	var err error
	if built, err = os.MkdirTemp("", "parley-test-"); err != nil {
		return "", err
	}
	if _, err := web.Build(context.Background()); err != nil { // the binary has the pages that are there when it is built
		return "", err
	}
	path := filepath.Join(built, "parley")
	args := []string{"build", "-tags", buildTags, "-o", path}
	if RaceDetector {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, "github.com/parley-im/parley/cmd/parley")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

// Result is what a command came to.
type Result struct {
	Code           int
	Stdout, Stderr string
}

// Run runs parley with args and waits for its end. env is added to the test's own, as NAME=value. Races that it saw fail the
// test (WatchRaces).
func Run(t testing.TB, env []string, args ...string) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), runTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, Binary(t), args...)
	cmd.Env = append(append(os.Environ(), WatchRaces(t)), env...)
	cmd.Dir = t.TempDir()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("parley %v: %v", args, err)
	}
	return Result{Code: cmd.ProcessState.ExitCode(), Stdout: stdout.String(), Stderr: stderr.String()}
}
