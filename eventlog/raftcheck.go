package eventlog

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/lni/vfs"

	"github.com/parley-im/parley/eventlog/disk"
	"github.com/parley-im/parley/eventlog/walcheck"
)

// maxInFlight bounds how many records may be on their way to Raft's log at once: each of its writers waits for the sync of its
// record before it makes another. So of more than that behind a place that is not valid, one was written after the place had
// been synced, and the place is damaged; fewer may be what a power failure left of one write.
const maxInFlight = 128

// currentName is the file that names the manifest.
const currentName = "CURRENT"

// raftFiles are the tables and logs of Raft's log, which is an older Pebble. It drops what follows a damaged byte of a log or
// manifest without a word, and where a table is damaged dragonboat panics. So all of it is looked at before it is opened.
type raftFiles struct {
	fs     vfs.FS
	dir    string
	synced disk.SyncedSet
	walcheck.Tables
}

// checkRaftFiles returns what is damaged of a Raft log, each file once.
func checkRaftFiles(fs vfs.FS, dir string, synced disk.SyncedSet) (damaged []error) {
	f := &raftFiles{fs: fs, dir: dir, synced: synced}
	if err := f.checkOptions(); err != nil {
		damaged = append(damaged, err)
	}
	if err := f.checkManifest(); err != nil {
		return append(damaged, err) // it says which of the others count
	}
	return slices.Concat(damaged, f.checkLogs(), f.checkTables())
}

func (f *raftFiles) path(name string) string { return f.fs.PathJoin(f.dir, name) }

// read reads a log or manifest.
func (f *raftFiles) read(name string, number uint64, each func([]byte) error) (found walcheck.Found, err error) {
	file, err := f.fs.Open(f.path(name))
	if err != nil {
		return found, readAs(f.path(name), err)
	}
	defer file.Close() //nolint:errcheck // nothing was written
	if found, err = walcheck.Read(file, number, each); err != nil {
		return found, damagedFile(f.path(name), "%v", err)
	}
	return found, nil
}

// checkManifest reads the manifest that CURRENT names.
//
// NB: a manifest is synced before CURRENT names it, and before anything is written behind that. So one that is older than the
// newest is whole, and nothing valid is ever behind what is not.
func (f *raftFiles) checkManifest() error {
	number, err := f.current()
	if err != nil {
		return err
	}
	name := fmt.Sprintf("MANIFEST-%06d", number)
	found, err := f.read(name, 0, f.Apply)
	if err != nil {
		return err
	}
	if err := checkEnd(f.path(name), found, number, f.synced[disk.SyncedManifest], 0); err != nil {
		return err
	}
	if number < f.synced[disk.SyncedManifest].Number && found.End < found.Size {
		return damagedAt(f.path(name), found.End)
	}
	return nil
}

// current returns the number of the manifest that CURRENT names.
func (f *raftFiles) current() (uint64, error) {
	const name = currentName
	b, err := readFile(f.fs, f.path(name))
	if err != nil {
		return 0, readAs(f.path(name), err)
	}
	digits, ok := strings.CutPrefix(strings.TrimSuffix(string(b), "\n"), "MANIFEST-")
	number, err := strconv.ParseUint(digits, 10, 64)
	if !ok || err != nil || string(b) != fmt.Sprintf("MANIFEST-%06d\n", number) || number < f.synced[disk.SyncedCurrent].Number {
		return 0, damagedFile(f.path(name), "it does not name the manifest")
	}
	if _, err := f.fs.Stat(f.path(fmt.Sprintf("MANIFEST-%06d", number))); err != nil {
		return 0, damagedFile(f.path(name), "it names manifest %d, which is not there", number)
	}
	return number, nil
}

// checkEnd refuses a file that ends before its note, or behind whose end there is more that is valid than may be.
func checkEnd(path string, found walcheck.Found, number uint64, note disk.SyncedTo, inFlight int) error {
	if number == note.Number && found.End < int64(note.Bytes) || found.Behind > inFlight {
		return damagedAt(path, found.End)
	}
	return nil
}

// checkLogs reads the logs that are still needed. All but the newest were closed before the next was made.
func (f *raftFiles) checkLogs() (damaged []error) {
	numbers, err := f.numbers("", ".log")
	if err != nil {
		return []error{err}
	}
	numbers = slices.DeleteFunc(numbers, func(n uint64) bool { return n < f.Unflushed })
	for i, number := range numbers {
		if err := f.checkLog(number, i == len(numbers)-1); err != nil {
			damaged = append(damaged, err)
		}
	}
	note := f.synced[disk.SyncedLog]
	if note.Number >= f.Unflushed && note.Number > 0 && !slices.Contains(numbers, note.Number) {
		damaged = append(damaged, damagedFile(f.path(fmt.Sprintf("%06d.log", note.Number)), "it is missing"))
	}
	return damaged
}

func (f *raftFiles) checkLog(number uint64, newest bool) error {
	name := fmt.Sprintf("%06d.log", number)
	found, err := f.read(name, number, nil)
	if err != nil {
		return err
	}
	if err := checkEnd(f.path(name), found, number, f.synced[disk.SyncedLog], maxInFlight); err != nil {
		return err
	}
	if !newest && !found.Closed {
		return damagedAt(f.path(name), found.End)
	}
	return nil
}

// checkOptions reads the newest of the files in which Pebble notes what it was opened with.
func (f *raftFiles) checkOptions() error {
	const prefix = "OPTIONS-"
	numbers, err := f.numbers(prefix, "")
	if err != nil || len(numbers) == 0 {
		return err
	}
	path := f.path(fmt.Sprintf("%s%06d", prefix, numbers[len(numbers)-1]))
	b, err := readFile(f.fs, path)
	if err != nil {
		return readAs(path, err)
	}
	if err := walcheck.CheckOptions(string(b)); err != nil {
		return damagedFile(path, "%v", err)
	}
	return nil
}

// numbers returns the numbers of the files whose names have a prefix and an extension, in their order.
func (f *raftFiles) numbers(prefix, ext string) (numbers []uint64, err error) {
	names, err := f.fs.List(f.dir)
	if err != nil {
		return nil, readAs(f.dir, err)
	}
	for _, name := range names {
		digits, ok := strings.CutPrefix(name, prefix)
		digits, cut := strings.CutSuffix(digits, ext)
		if number, err := strconv.ParseUint(digits, 10, 64); ok && cut && err == nil {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// checkTables reads every block of the tables that the manifest names.
func (f *raftFiles) checkTables() (damaged []error) {
	for _, number := range slices.Sorted(maps.Keys(f.Size)) {
		if err := f.checkTable(f.path(fmt.Sprintf("%06d.sst", number)), f.Size[number]); err != nil {
			damaged = append(damaged, err)
		}
	}
	return damaged
}

func (f *raftFiles) checkTable(path string, size uint64) error {
	info, err := f.fs.Stat(path)
	if err != nil {
		return readAs(path, err)
	}
	if uint64(info.Size()) != size {
		return damagedFile(path, "it has %d bytes, not %d", info.Size(), size)
	}
	file, err := f.fs.Open(path)
	if err != nil {
		return readAs(path, err)
	}
	defer file.Close() //nolint:errcheck // nothing was written
	if err := walcheck.ReadTable(file, info.Size()); err != nil {
		return damagedFile(path, "%v", err)
	}
	return nil
}

// readFile reads a small file.
func readFile(fs vfs.FS, name string) ([]byte, error) {
	f, err := fs.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	var b bytes.Buffer
	_, err = io.Copy(&b, io.LimitReader(f, maxChecked))
	return b.Bytes(), err
}

// raftLogDir is where dragonboat keeps the LogDB of a directory, which has logDBShards of them.
func (d *dataDir) raftLogDir() string {
	return filepath.Join(d.raft(), d.m.Host, fmt.Sprintf("%020d", d.m.deployment()), "logdb-0")
}

// checkRaft returns what is damaged of the directory's Raft log, and what was noted of what was synced of it.
func (d *dataDir) checkRaft(fs vfs.FS) (disk.SyncedSet, []error) {
	synced, err := readSynced(fs, d.raft())
	if err != nil {
		return synced, []error{err}
	}
	return synced, checkRaftFiles(fs, d.raftLogDir(), synced)
}

// checkRaftLog refuses a Raft log of which something is damaged, before it is opened.
func (l *Log) checkRaftLog() error {
	if !l.dir.m.Ready {
		return nil
	}
	synced, damaged := l.dir.checkRaft(l.o.RaftFS)
	if len(damaged) > 0 {
		return refuseDamaged(damaged[0])
	}
	l.wasSynced = synced
	return nil
}
