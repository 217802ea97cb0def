package store_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/atomicfs"

	"github.com/parley-im/parley/eventlog/disk"
	"github.com/parley-im/parley/eventlog/store"
)

// failing is a file system whose power fails at a Sync of a directory, before it does anything: what is there afterwards is kept.
type failing struct {
	vfs.FS
	fail func()
}

func (f failing) OpenDir(name string) (vfs.File, error) {
	d, err := f.FS.OpenDir(name)
	return failingDir{d, f.fail}, err
}

type failingDir struct {
	vfs.File
	fail func()
}

func (d failingDir) Sync() error {
	d.fail()
	return d.File.Sync()
}

// Wherever the power fails while Pebble's marker moves to another manifest, and whichever of the changes to the directory that were
// not synced are there afterwards, a marker is there, and what it names is. Fails without settle in Create: a marker names a manifest
// that is not there. This file system brings back what was removed and not synced, so Remove shows nothing here.
func TestOnDisk_MarkersOutlastPowerFailures(t *testing.T) {
	t.Parallel()
	for point := range 4 {
		for seed := range uint64(200) {
			mem := vfs.NewCrashableMem()
			var after *vfs.MemFS
			clone := func() {
				after = mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: rand.New(rand.NewPCG(seed, 0))})
			}
			syncs, moving := 0, false
			move := mover(t, store.OnDisk(failing{mem, func() {
				if moving && syncs == point {
					clone()
				}
				syncs++
			}}, disk.New(disk.Options{})))
			move("MANIFEST-000001")
			syncs, moving = 0, true
			move("MANIFEST-000002")
			if syncs <= point {
				clone()
			}
			current, err := atomicfs.ReadMarker(after, "d", "manifest")
			if err != nil {
				t.Fatal(err)
			}
			names, err := after.List("d")
			if err != nil || !slices.Contains(names, current) {
				t.Fatalf("failure %d, seed %d: the marker names %q, there are %q, %v", point, seed, current, names, err)
			}
		}
	}
}

// mover makes a directory and returns what writes a manifest and has the marker name it, as Pebble does.
func mover(t *testing.T, fs vfs.FS) (move func(name string)) {
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(fs.MkdirAll("d", 0o755))
	root, err := fs.OpenDir("")
	must(err)
	must(root.Sync())
	must(root.Close())
	marker, _, err := atomicfs.LocateMarker(fs, "d", "manifest")
	must(err)
	t.Cleanup(func() { _ = marker.Close() })
	return func(name string) {
		file, err := fs.Create(fs.PathJoin("d", name), vfs.WriteCategoryUnspecified)
		must(err)
		must(file.Sync())
		must(file.Close())
		must(marker.Move(name))
	}
}
