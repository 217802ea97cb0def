package eventlog

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// damage is what is wrong with one file of a data directory.
type damage struct {
	path string
	what string
}

func damagedFile(path, format string, args ...any) error {
	return &damage{path, fmt.Sprintf(format, args...)}
}

// damagedAt is damage that begins at a byte of a file, or behind it.
func damagedAt(path string, at int64) error {
	return damagedFile(path, "it is not what was written, from byte %d on", at)
}

// Error implements error, in one line that names the file.
func (d *damage) Error() string { return fmt.Sprintf("%s is damaged: %s", d.path, oneLine(d.what)) }

// Unwrap makes it a store.ErrDamaged.
func (*damage) Unwrap() error { return store.ErrDamaged }

// oneLine cuts off what libraries put below the first line of an error.
func oneLine(s string) string {
	first, _, _ := strings.Cut(s, "\n")
	return strings.TrimSpace(first)
}

// readAs wraps an error of reading a file that should be there.
func readAs(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return damagedFile(path, "it is missing")
	}
	return fmt.Errorf("%s: %w", path, plain(err))
}

// adviceDamaged is what an operator can do. Nothing that is damaged is ever mended by itself: what it was nobody knows here.
const adviceDamaged = "restore the whole data directory, or let the other nodes make this one anew"

// refuseDamaged is a start that is refused because something cannot be believed.
func refuseDamaged(err error) error {
	return &im.Error{Op: opOpen, Kind: im.Internal, Text: fmt.Sprintf("%v; %s", err, adviceDamaged)}
}

// onDamage ends a node whose store cannot be read, as a disk that fails does.
func (l *Log) onDamage() func(error) {
	if l.o.OnDiskFailure == nil {
		return nil
	}
	return func(err error) { l.disk.Break(fmt.Errorf("%w; %s", err, adviceDamaged)) }
}
