// Package web has the pages that the server shows, and the JavaScript SDK that others load from it.
//
//	chat/       the chat page, at /
//	dist/       what build.mjs makes of it and of sdk/js, which a binary has in it; not in the repository
//
// A binary that was built without dist, as the first `go run` is, can build it where its sources are.
package web

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

//go:embed all:dist
var embedded embed.FS

// index is there when all is: build.mjs puts dist into its place as a whole.
const index = "index.html"

// ErrNotBuilt is returned where there are no pages, and no way to build them.
var ErrNotBuilt = errors.New("the pages are not built: make pages")

// Files returns the files of the pages; ErrNotBuilt when this binary has none.
func Files() (fs.FS, error) {
	files, err := fs.Sub(embedded, "dist")
	if err != nil || !has(files) {
		return nil, errors.Join(ErrNotBuilt, err)
	}
	return files, nil
}

// Build returns the files of the pages in the sources of this binary, which it builds there by npm if nobody has. ErrNotBuilt
// says that the sources are not here, or why they cannot be built.
func Build(ctx context.Context) (fs.FS, error) {
	_, self, _, _ := runtime.Caller(0) //nolint:dogsled // the file is all that is asked
	dir := filepath.Dir(self)
	if err := check(dir, os.Geteuid()); err != nil {
		return nil, errors.Join(ErrNotBuilt, err)
	}
	unlock, err := lock(filepath.Join(dir, "build.mjs"))
	if err != nil {
		return nil, errors.Join(ErrNotBuilt, err)
	}
	defer unlock()
	files := os.DirFS(filepath.Join(dir, "dist"))
	if has(files) {
		return files, nil
	}
	for _, command := range [][]string{
		{"npm", "ci", "--prefix", "../sdk/js", "--no-audit", "--no-fund"},
		{"npm", "ci", "--no-audit", "--no-fund"},
		{"npm", "run", "--silent", "build"},
	} {
		c := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // those above
		c.Dir = dir
		if text, err := c.CombinedOutput(); err != nil {
			return nil, errors.Join(ErrNotBuilt, fmt.Errorf("%v: %w: %s", command, err, text))
		}
	}
	return files, nil
}

// check refuses sources that somebody else may have put where these were when the binary was built, on another machine perhaps: what builds them
// runs as who has started the server.
func check(dir string, user int) error {
	if !filepath.IsAbs(dir) { // as with -trimpath
		return fmt.Errorf("%s: where the sources are is not known", dir)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); !ok || int(owner.Uid) != user {
		return fmt.Errorf("%s belongs to another user", dir)
	}
	return nil
}

func has(files fs.FS) bool {
	_, err := fs.Stat(files, index)
	return err == nil
}

// lock waits until no other process builds. Path is a file that is there.
func lock(path string) (unlock func(), err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil // which unlocks it
}
