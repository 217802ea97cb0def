package eventlog

import (
	"errors"
	"fmt"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// DropSnapshots deletes every stored state in the data directory dir, on this node only. No log may be open on it. As
// long as all entries are there nothing is lost: activations replay them. For tests and repair.
func DropSnapshots(dir string) (err error) {
	m, err := readManifest(dir)
	if err != nil {
		return refuse(im.NotFound, "%s is no data directory: %v", dir, plain(err))
	}
	if !m.Ready {
		return refuse(im.NotFound, "the first start of %s did not come to its end", dir)
	}
	d, err := openDir(&Options{Dir: dir, Node: m.Node, Shards: m.Shards}, m.Host)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	s, err := store.Open(d.store(), store.Options{Shards: m.Shards, Bucket: m.BucketMillis, StrangersBucket: m.StrangersBucketMillis})
	if err != nil {
		return fmt.Errorf("eventlog: drop snapshots: %w", err)
	}
	return errors.Join(s.DropSnapshots(), s.Close())
}
