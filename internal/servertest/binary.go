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
)

// BinaryEnv names a binary to test in place of a fresh build.
const BinaryEnv = "PARLEY_TEST_BINARY"

// runTimeout bounds a command that Run waits for.
const runTimeout = time.Minute

// Main is a TestMain: it runs the tests and removes the binary that they built.
func Main(m *testing.M) {
	code := m.Run()
	Cleanup()
	os.Exit(code)
}

// Cleanup removes the binary, for those who have a TestMain of their own.
func Cleanup() {
	if path, err := build(); err == nil && os.Getenv(BinaryEnv) == "" {
		os.RemoveAll(filepath.Dir(path)) //nolint:errcheck // a temporary directory
	}
}

// Binary returns the path of the parley binary and builds it at the first call.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var build = sync.OnceValues(func() (string, error) {
	if path := os.Getenv(BinaryEnv); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "parley-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "parley")
	out, err := exec.Command("go", "build", "-o", path, "github.com/parley-im/parley/cmd/parley").CombinedOutput()
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

// Run runs parley with args and waits for its end. env is added to the test's own, as NAME=value.
func Run(t testing.TB, env []string, args ...string) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), runTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, Binary(t), args...)
	cmd.Env = append(os.Environ(), env...)
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
