package puppet

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// Install puts what package.json of this directory names into node_modules, unless what is there was made from the same lock file. also
// are patterns of other files that decide what npm installs.
func Install(also ...string) error {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s is not on the PATH: the clients are JavaScript, install Node 18 or later with npm", tool)
		}
	}
	return Once("node_modules", append([]string{"package.json", "package-lock.json", ".npmrc"}, also...), func() error {
		return NPM(".", "ci", "--no-audit", "--no-fund")
	})
}

// NPM runs npm in dir.
func NPM(dir string, args ...string) error {
	cmd := exec.Command("npm", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm %v: %w\n%s", args, err, out)
	}
	return nil
}

// Once fills dir, unless that was done with the same sources, which are patterns of files.
func Once(dir string, sources []string, fill func() error) error {
	mark, err := mark(dir, sources)
	if err != nil {
		return err
	}
	if _, err := os.Stat(mark); err == nil {
		return nil
	}
	if err := fill(); err != nil {
		return err
	}
	return os.WriteFile(mark, nil, 0o644)
}

// mark returns the path of the file that says that dir is complete: its name depends on the files that the sources name.
func mark(dir string, sources []string) (string, error) {
	sum := sha256.New()
	for _, pattern := range sources {
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
	return filepath.Join(dir, ".made-"+hex.EncodeToString(sum.Sum(nil)[:8])), nil
}

// Chromium returns the path of the browser, which it installs where there is none. For tests in a directory of test/.
var Chromium = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("../../internal/devtools/chromium.sh").Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return "", fmt.Errorf("chromium.sh: %w\n%s", err, exit.Stderr)
	}
	return strings.TrimSpace(string(out)), err
})
