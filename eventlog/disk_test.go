package eventlog_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lni/vfs"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// moreThanAnyDisk is more than any disk has free.
const moreThanAnyDisk = 1 << 62

// On a disk that is nearly full a log refuses appends and snapshots, and says so; what ends something is stored, and reads
// are answered.
//
// Checked by breaking it: without room in Append or Snapshot they are taken; without the look at Relief everything is
// refused.
func TestLog_NearlyFullDiskRefusesWhatGrows(t *testing.T) {
	o := made(t)
	o.MinFreeDisk = moreThanAnyDisk
	refusals := 0
	o.Observe.DiskLow = func() { refusals++ }
	l := open(t, o)
	defer closeLog(t, l)
	if d := l.Disk(); !d.Low || d.FreeBytes == 0 || d.MinFreeBytes != moreThanAnyDisk/4*5 {
		t.Errorf("the disk is %+v, want it low", d)
	}
	a := im.Append{
		Addr: ann, Epoch: im.Epoch{Term: 1, Activation: 1}, Expected: 1,
		Entries: []im.Entry{{TS: im.At(time.Now()) + 1000, Body: []byte("more")}},
		Done:    func(im.Outcome) { t.Error("a refused append was answered") },
	}
	if err := l.Append(a); im.KindOf(err) != im.Overloaded {
		t.Errorf("append: %v, want overloaded", err)
	}
	done := make(chan im.Outcome, 1)
	if err := l.Snapshot(ann, a.Epoch, 1, 1, nil, func(im.Outcome) {}); im.KindOf(err) != im.Overloaded {
		t.Errorf("snapshot: %v, want overloaded", err)
	}
	if refusals != 2 {
		t.Errorf("%d refusals were told, want 2", refusals)
	}
	a.Relief, a.Done = true, func(o im.Outcome) { done <- o }
	if err := l.Append(a); err != nil {
		t.Fatal(err)
	}
	if got := <-done; got != im.Stored {
		t.Errorf("relief: %v, want stored", got)
	}
	if got, err := l.Read(t.Context(), ann, 0, 10); err != nil || len(got) != 2 {
		t.Errorf("read %d entries, %v; want 2", len(got), err)
	}
}

// A log does not begin on a disk that is nearly full; with room it does.
//
// Checked by breaking it: without the look at the manifest in useDisk it begins.
func TestOpen_DoesNotBeginOnANearlyFullDisk(t *testing.T) {
	o := eventlog.Options{Dir: t.TempDir(), Node: "node1", Shards: 2, RaftAddr: "127.0.0.1:0", MinFreeDisk: moreThanAnyDisk}
	o.Hurry()
	_, err := eventlog.Open(o)
	if im.KindOf(err) != im.Overloaded || !strings.Contains(err.Error(), "--min-free-disk") || strings.Contains(err.Error(), "\n") {
		t.Fatalf("open: %v, want one line that names the flag", err)
	}
	o.MinFreeDisk = 1
	closeLog(t, open(t, o))
}

// Every file of Raft's log is made through the file system that the log was given, when failures of the disk are told: so
// none can fail unnoticed.
//
// Checked by breaking it: with the default factory NewNodeHost refuses the file system; with one that puts vfs.Default into
// the configuration, only few files are seen.
func TestRaftFS_CarriesTheWholeRaftLog(t *testing.T) {
	seen := &seenFS{FS: vfs.Default, names: map[string]bool{}}
	o := eventlog.Options{
		Dir: t.TempDir(), Shards: 2, RaftFS: seen,
		OnDiskFailure: func(err error) { t.Errorf("the disk failed: %v", err) },
	}
	o.Hurry()
	l := open(t, o)
	if got := say(t, l, ann, 0); got != im.Stored {
		t.Error(got)
	}
	closeLog(t, l)
	logs := 0
	err := filepath.WalkDir(filepath.Join(o.Dir, "raft"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || strings.Contains(strings.ToLower(e.Name()), "lock") {
			return err
		}
		if filepath.Ext(path) == ".log" {
			logs++
		}
		if !seen.has(path) {
			t.Errorf("%s was made past the file system", path)
		}
		return nil
	})
	if err != nil || logs == 0 {
		t.Errorf("%d logs, %v: the test shows nothing", logs, err)
	}
}

// seenFS notes the files that come into being.
type seenFS struct {
	vfs.FS
	mu    sync.Mutex
	names map[string]bool
}

func (s *seenFS) see(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[filepath.Base(name)] = true
}

func (s *seenFS) has(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.names[filepath.Base(path)]
}

func (s *seenFS) Create(name string) (vfs.File, error) {
	s.see(name)
	return s.FS.Create(name)
}

func (s *seenFS) Link(from, to string) error {
	s.see(to)
	return s.FS.Link(from, to)
}

func (s *seenFS) Rename(from, to string) error {
	s.see(to)
	return s.FS.Rename(from, to)
}

func (s *seenFS) ReuseForWrite(from, to string) (vfs.File, error) {
	s.see(to)
	return s.FS.ReuseForWrite(from, to)
}
