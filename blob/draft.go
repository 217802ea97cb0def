package blob

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Spool is a directory for files that are on their way, which nobody finds. What a process leaves behind there is swept by the
// next that opens it. Safe for concurrent use.
type Spool struct{ dir string }

// OpenSpool makes the directory where there is none, and empties it. It is nobody else's.
func OpenSpool(dir string) (*Spool, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("blob: spool: %w", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("blob: spool: %w", err)
	}
	for _, e := range left {
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return nil, fmt.Errorf("blob: spool: %w", err)
		}
	}
	return &Spool{dir: dir}, nil
}

// New begins a file, which the caller discards in the end, whatever became of it.
func (s *Spool) New() (*Draft, error) {
	f, err := os.CreateTemp(s.dir, "")
	if err != nil {
		return nil, fmt.Errorf("blob: spool: %w", err)
	}
	return &Draft{file: f}, nil
}

// Draft is a file that is on its way. Not safe for concurrent use.
type Draft struct {
	file *os.File
	size int64
	// moved says that it has become a file of a store.
	moved bool
}

// Write implements io.Writer.
func (d *Draft) Write(p []byte) (int, error) {
	n, err := d.file.Write(p)
	d.size += int64(n)
	return n, err
}

// Size is how much was written, in bytes.
func (d *Draft) Size() int64 { return d.size }

// Content reads what was written, from its beginning. There may be several readers.
func (d *Draft) Content() *io.SectionReader { return io.NewSectionReader(d.file, 0, d.size) }

// moveTo makes it the file of that path, with all that was written on the disk.
func (d *Draft) moveTo(path string, stored time.Time) error {
	err := os.Chtimes(d.file.Name(), stored, stored)
	if err == nil {
		err = d.file.Sync() // NB: before the name is: a loss of power would leave a file with less in it
	}
	if err == nil {
		err = os.Rename(d.file.Name(), path)
	}
	d.moved = d.moved || err == nil
	return err
}

// Discard gives up what it holds.
func (d *Draft) Discard() error {
	err := d.file.Close()
	if !d.moved {
		err = errors.Join(err, os.Remove(d.file.Name()))
	}
	return err
}
