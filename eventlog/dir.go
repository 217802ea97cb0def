package eventlog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

const (
	lockName  = "LOCK"
	raftName  = "raft"
	storeName = "store"

	// Names of dragonboat's own files, looked at to tell whether its folder is still the one that it made.
	raftFlagFile = "dragonboat.ds"
	raftIDFile   = "NODEHOST.ID"
)

const opOpen = "eventlog.open"

// refuse is a start that is refused with one line for the operator; nothing in the directory was changed.
func refuse(kind im.ErrorKind, format string, args ...any) error {
	return im.E(opOpen, kind, fmt.Sprintf(format, args...))
}

// dataDir is a data directory that this process holds.
type dataDir struct {
	path string
	lock io.Closer
	m    *manifest
}

// openDir checks the directory against the options and takes it. A new directory gets its manifest here; anything that
// does not fit is refused before a byte is written.
func openDir(o *Options, host string) (_ *dataDir, err error) {
	fresh, err := lookAround(o.Dir)
	if err != nil {
		return nil, err
	}
	if fresh {
		if err := os.MkdirAll(o.Dir, 0o755); err != nil {
			return nil, refuse(im.NotPermitted, "data directory %s cannot be made: %v", o.Dir, plain(err))
		}
	}
	d := &dataDir{path: o.Dir}
	if d.lock, err = lockFile(filepath.Join(o.Dir, lockName)); err != nil {
		if errors.Is(err, errLocked) {
			return nil, refuse(im.Conflict, "data directory %s is in use by another process", o.Dir)
		}
		return nil, refuse(im.NotPermitted, "data directory %s is not writable: %v", o.Dir, plain(err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.lock.Close())
		}
	}()
	return d, d.loadManifest(o, host)
}

// lookAround reports whether dir is new, that is absent or empty, and refuses one that somebody else uses.
func lookAround(dir string) (fresh bool, err error) {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, refuse(im.NotPermitted, "data directory %s cannot be read: %v", dir, plain(err))
	}
	foreign := ""
	for _, e := range entries {
		if e.Name() == manifestName {
			return false, nil
		}
		if !slices.Contains([]string{lockName, manifestTemp}, e.Name()) {
			foreign = e.Name()
		}
	}
	if foreign != "" {
		return false, refuse(im.Conflict, "data directory %s is not parley's: it holds %s and no %s", dir, foreign, manifestName)
	}
	return true, nil
}

// loadManifest reads the manifest, or writes the first one. The caller holds the lock. A manifest that binds nobody gives
// way to a new one: the start that made it may have been one with a wrong flag. Its NodeHostID stays, since others may
// have been told it.
func (d *dataDir) loadManifest(o *Options, host string) error {
	m, err := readManifest(d.path)
	id := ""
	switch {
	case errors.Is(err, fs.ErrNotExist):
		id = newUUID()
	case errors.Is(err, store.ErrDamaged):
		return refuseDamaged(err)
	case err != nil:
		return refuse(im.Conflict, "data directory %s is not parley's: %s cannot be read: %v", d.path, manifestName, plain(err))
	case m.free():
		if id = m.NodeHostID; !validUUID(id) {
			id = newUUID()
		}
	default:
		d.m = m
		return m.check(d.path, o, host)
	}
	d.m = newManifest(o, host, id)
	if err := d.m.write(d.path); err != nil {
		return refuse(im.NotPermitted, "data directory %s is not writable: %v", d.path, plain(err))
	}
	return nil
}

// check refuses options that the directory was not made with.
func (m *manifest) check(dir string, o *Options, host string) error {
	switch {
	case m.Format > manifestFormat:
		return refuse(im.Unsupported, "data directory %s has format %d, written by a newer parley; this one knows format %d",
			dir, m.Format, manifestFormat)
	case m.Format > 0 && m.Format < manifestFormat || m.BucketMillis > 0 && m.StrangersBucketMillis == 0:
		return refuse(im.Unsupported, "data directory %s was made by an older parley: nothing in it could expire; start with an empty one", dir)
	case m.Format < 1 || !validUUID(m.Cluster) || !validUUID(m.NodeHostID) || !m.buckets().valid() || !m.complete():
		return refuse(im.Conflict, "data directory %s is not parley's: %s is incomplete", dir, manifestName)
	case m.Node != o.Node:
		return refuse(im.Conflict, "data directory %s belongs to node %s; it was started with --node %s", dir, m.Node, o.Node)
	case m.Shards != o.Shards:
		return refuse(im.Conflict, "data directory %s has %d shards, which cannot be changed; it was started with --shards %d",
			dir, m.Shards, o.Shards)
	case m.Host != host:
		return refuse(im.Conflict,
			"data directory %s belongs to host %s, this is host %s; start it there, or give this host that name", dir, m.Host, host)
	case m.ExecShards != execShards || m.LogDBShards != logDBShards:
		return refuse(im.Unsupported, "data directory %s was made by an incompatible parley (%d/%d, this one has %d/%d)",
			dir, m.ExecShards, m.LogDBShards, execShards, logDBShards)
	}
	return m.checkPeers(dir, o)
}

// beginAnew removes what a first start has left that was cut off before any shard of it ran: nothing was acknowledged by it
// then, and no vote was given.
func (d *dataDir) beginAnew(o *Options) error {
	if d.m.Ready {
		return nil
	}
	err := o.RaftFS.RemoveAll(d.raft())
	if o.StoreFS != nil {
		err = errors.Join(err, o.StoreFS.RemoveAll(d.store()))
	} else {
		err = errors.Join(err, os.RemoveAll(d.store()))
	}
	if err != nil {
		return refuse(im.NotPermitted, "data directory %s is not writable: %v", d.path, plain(err))
	}
	return nil
}

// ready notes that the store and Raft's log are there. Once it has returned, shards may run.
func (d *dataDir) ready() error {
	if d.m.Ready {
		return nil
	}
	d.m.Ready = true
	if err := d.m.write(d.path); err != nil {
		return refuse(im.NotPermitted, "data directory %s is not writable: %v", d.path, plain(err))
	}
	return nil
}

func (d *dataDir) close() error { return d.lock.Close() }

func (d *dataDir) raft() string  { return filepath.Join(d.path, raftName) }
func (d *dataDir) store() string { return filepath.Join(d.path, storeName) }

// checkRaftDir refuses a directory whose Raft log is gone or another's: dragonboat would quietly begin anew, and every
// acknowledged message in it would be lost.
func (d *dataDir) checkRaftDir(o *Options) error {
	if !d.m.Ready {
		return nil
	}
	for _, name := range []string{raftFlagFile, raftIDFile, filepath.Join(d.m.Host, fmt.Sprintf("%020d", d.m.deployment()))} {
		if _, err := o.RaftFS.Stat(filepath.Join(d.raft(), name)); err != nil {
			return refuse(im.Conflict, "the Raft log in %s is missing (%s); restore the whole data directory", d.raft(), name)
		}
	}
	if _, err := checkFlagFile(o.RaftFS, filepath.Join(d.raft(), raftFlagFile)); err != nil {
		return refuseDamaged(err)
	}
	id, err := readRaftID(o, filepath.Join(d.raft(), raftIDFile))
	if err != nil {
		return refuseDamaged(err)
	}
	if id != d.m.NodeHostID {
		return refuse(im.Conflict, "the Raft log in %s is of node host %s, the manifest says %s; restore the whole data directory",
			d.raft(), id, d.m.NodeHostID)
	}
	return nil
}

// readRaftID reads the UUID that dragonboat keeps.
func readRaftID(o *Options, name string) (id string, err error) {
	u, err := checkFlagFile(o.RaftFS, name)
	if err != nil {
		return "", err
	}
	if len(u) != 16 {
		return "", damagedFile(name, "it is no UUID")
	}
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:]), nil
}

// plain cuts the path and the operation off a system error: the line around it names them already.
func plain(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
