package compat

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
)

func TestMain(m *testing.M) {
	// More at a time than there are cores: most of a test's time is waiting. The command line has the last word.
	if err := errors.Join(install(), flag.Set("test.parallel", "4")); err != nil {
		fmt.Fprintln(os.Stderr, "test/compat:", err)
		os.Exit(1)
	}
	servertest.Main(m)
}

// install puts the clients into node_modules, unless what is there was made from the same lock file.
func install() error {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s is not on the PATH: the original clients are JavaScript, install Node 18 or later with npm", tool)
		}
	}
	mark, err := mark()
	if err != nil {
		return err
	}
	if _, err := os.Stat(mark); err == nil {
		return nil
	}
	if out, err := exec.Command("npm", "ci", "--no-audit", "--no-fund").CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return os.WriteFile(mark, nil, 0o644)
}

// mark returns the path of the file that says that node_modules is complete: its name depends on everything that
// decides what npm installs.
func mark() (string, error) {
	sum := sha256.New()
	for _, pattern := range []string{"package.json", "package-lock.json", ".npmrc", "stubs/*/*"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			return "", errors.Join(fmt.Errorf("%s: %w", pattern, fs.ErrNotExist), err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(sum, "%s %d\n%s", f, len(b), b)
		}
	}
	return filepath.Join("node_modules", ".installed-"+hex.EncodeToString(sum.Sum(nil)[:8])), nil
}
