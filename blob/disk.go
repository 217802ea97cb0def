package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Disk is a Store in a directory:
//
//	2026-11-23/0f/0f3a9c1e-77b0d2e4.jpg    day of storing (UTC), first two digits, name
//
// so that a day's files go at once. A file gets its name when all of it is on the disk, and is never changed; whoever has it open can
// read it to its end.
type Disk struct {
	root string

	mu struct {
		sync.Mutex
		// days there are, the newest first; made are the directories in them that are known to be there.
		days []string
		made map[string]bool
	}
}

// dayLayout is how a day's directory is named.
const dayLayout = time.DateOnly

// OpenDisk opens the store in a directory, which it makes where there is none. It is no other process's.
func OpenDisk(dir string) (*Disk, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	d := &Disk{root: dir}
	d.mu.made = map[string]bool{}
	for _, e := range entries {
		if _, err := time.Parse(dayLayout, e.Name()); err == nil && e.IsDir() {
			d.mu.days = append(d.mu.days, e.Name())
		}
	}
	slices.Reverse(d.mu.days)
	return d, nil
}

// Put implements Store.
func (d *Disk) Put(_ context.Context, draft *Draft, name Name, stored time.Time) error {
	stored = stored.UTC().Truncate(time.Second)
	day := stored.Format(dayLayout)
	dir, err := d.makeDir(day, name)
	if err == nil {
		err = draft.moveTo(filepath.Join(d.root, path(day, name)), stored)
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		return fmt.Errorf("blob: put: %w", err)
	}
	return nil
}

// path returns where a file is below the root.
func path(day string, name Name) string {
	return filepath.Join(day, string(name[:2]), string(name[:half])+"-"+string(name[half+1:]))
}

// makeDir returns the directory of a file, with its name on the disk, too.
func (d *Disk) makeDir(day string, name Name) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	dir := filepath.Join(d.root, filepath.Dir(path(day, name)))
	if d.mu.made[dir] {
		return dir, nil
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	if err := errors.Join(syncDir(filepath.Dir(dir)), syncDir(d.root)); err != nil {
		return "", err
	}
	d.mu.made[dir] = true
	if !slices.Contains(d.mu.days, day) {
		d.mu.days = append(d.mu.days, day)
		slices.SortFunc(d.mu.days, func(a, b string) int { return strings.Compare(b, a) })
	}
	return dir, nil
}

// Open implements Store.
func (d *Disk) Open(_ context.Context, name Name) (File, error) {
	if _, ok := ParseName(string(name)); !ok {
		return nil, ErrNotFound
	}
	for _, day := range d.days() {
		f, err := openFile(filepath.Join(d.root, path(day, name)), name)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return nil, ErrNotFound
}

// days lists the days, the newest first.
func (d *Disk) days() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.mu.days)
}

// Each calls f for each file until that returns an error, which it returns. Files that come or go meanwhile may be among them or not.
func (d *Disk) Each(ctx context.Context, f func(Info) error) error {
	for _, day := range d.days() {
		err := filepath.WalkDir(filepath.Join(d.root, day), func(_ string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) || err == nil && e.IsDir() {
				return ctx.Err()
			}
			if err != nil {
				return err
			}
			return each(e, f)
		})
		if err != nil {
			return fmt.Errorf("blob: list: %w", err)
		}
	}
	return nil
}

func each(e fs.DirEntry, f func(Info) error) error {
	name, ok := ParseName(strings.Replace(e.Name(), "-", "/", 1))
	st, err := e.Info()
	switch {
	case !ok, errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	return f(Info{Name: name, Size: st.Size(), Stored: st.ModTime()})
}

// diskFile is a File of a Disk.
type diskFile struct {
	*os.File
	info Info
}

func (f *diskFile) Info() Info { return f.info }

func openFile(path string, name Name) (File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("blob: open: %w", err)
	}
	st, err := f.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("blob: open: %w", err), f.Close())
	}
	return &diskFile{File: f, info: Info{Name: name, Size: st.Size(), Stored: st.ModTime()}}, nil
}

// Sweep implements Store: it removes the days that had ended by then.
func (d *Disk) Sweep(ctx context.Context, before time.Time) (all Swept, err error) {
	for _, day := range d.days() {
		began, _ := time.Parse(dayLayout, day) // as OpenDisk and Put have made sure
		if began.AddDate(0, 0, 1).After(before) {
			continue
		}
		s, e := d.removeDay(ctx, day)
		all.Files, all.Bytes, err = all.Files+s.Files, all.Bytes+s.Bytes, errors.Join(err, e)
	}
	return all, err
}

// removeDay removes what was stored on a day. What is left after an error is removed next time.
func (d *Disk) removeDay(ctx context.Context, day string) (s Swept, err error) {
	dir := filepath.Join(d.root, day)
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return errors.Join(err, ctx.Err())
		}
		info, err := e.Info()
		if err == nil {
			err = os.Remove(path)
		}
		if err == nil {
			s.Files, s.Bytes = s.Files+1, s.Bytes+info.Size()
		}
		return err
	})
	if err == nil {
		err = d.forget(day)
	}
	if err != nil {
		return s, fmt.Errorf("blob: sweep: %w", err)
	}
	return s, nil
}

// forget removes the directories of a day.
func (d *Disk) forget(day string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	dir := filepath.Join(d.root, day)
	d.mu.days = slices.DeleteFunc(d.mu.days, func(s string) bool { return s == day })
	for made := range d.mu.made {
		if filepath.Dir(made) == dir {
			delete(d.mu.made, made)
		}
	}
	return os.RemoveAll(dir)
}

// syncDir puts the names in a directory on the disk.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
