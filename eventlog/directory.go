package eventlog

import (
	"errors"
	"os"
	"slices"
	"sync/atomic"

	"github.com/parley-im/parley/eventlog/malloc"
	"github.com/parley-im/parley/im"
)

// Directory is a data directory that this process holds, before its log is opened. A node that is to form a cluster with
// others prepares its directory, tells them its NodeHostID, and forms when it knows theirs:
//
//	Prepare -> NodeHostID ... Form -> Open
//
// One that comes to a cluster that is there joins instead, once the members have taken it among them:
//
//	Prepare -> NodeHostID ... Join -> Open
//
// A start that was cut off anywhere goes on from where it was. NodeHostID is drawn once, since others may have formed with
// it. Form and Join may come again until they returned; afterwards Formed says so for good, unless the cluster is one of
// this node alone whose first start did not come to its end: nobody has heard of that.
//
// Its methods are called by one goroutine at a time.
type Directory struct {
	o    Options
	dir  *dataDir
	held atomic.Bool // until Open takes it over, or Close
}

// Prepare checks the data directory, takes it, and draws what is missing. It refuses, as an *im.Error of one line and with
// nothing changed, a directory that is not writable, foreign, in use, or made with other settings, by other peers or on
// another host.
func Prepare(o Options) (*Directory, error) {
	malloc.GiveBack() // where it does not work memory is used all the same
	o.EnsureDefaults()
	if err := o.Validate(); err != nil {
		return nil, &im.Error{Op: opOpen, Kind: im.Invalid, Err: err}
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, &im.Error{Op: opOpen, Kind: im.Internal, Text: "the host has no name", Err: err}
	}
	routeRaftLogs(o.Logger)
	dir, err := openDir(&o, host)
	if err != nil {
		return nil, err
	}
	d := &Directory{o: o, dir: dir}
	d.held.Store(true)
	return d, nil
}

// NodeHostID returns the UUID that this node is known by in Raft groups.
func (d *Directory) NodeHostID() string { return d.dir.m.NodeHostID }

// Buckets returns the lengths of a retention bucket, which all members must agree upon. They are those of the first start, whatever
// Options.Retention and Options.RetentionStrangers say later.
func (d *Directory) Buckets() Buckets { return d.dir.m.buckets() }

// Formed returns the cluster's id and its members by number, as this directory knows them: those of Form or Join, or what
// Log.SetMembers was told last, with the addresses that they are known at now. ok is false when the directory has neither
// formed nor joined.
func (d *Directory) Formed() (cluster string, members []Member, ok bool) {
	if !d.dir.m.formed() {
		return "", nil, false
	}
	nodes, err := d.dir.loadNodes(&d.o)
	if err != nil { // Open says so
		return d.dir.m.Cluster, nil, true
	}
	return d.dir.m.Cluster, nodes.members(), true
}

// Form notes for good which cluster the directory belongs to: its id, a UUID, and its first members, this node among them.
// It is synced before Form returns. It fails as an *im.Error: Invalid for members that do not fit together or lack
// something, Conflict when the directory has formed otherwise, NotPermitted when it cannot be written. Forming once more
// with the same does nothing.
func (d *Directory) Form(cluster string, members []Member) error {
	m := d.dir.m
	if err := m.checkCluster(cluster, members); err != nil {
		return err
	}
	formed := *m
	formed.form(cluster, members)
	if m.formed() {
		if m.Cluster == cluster && slices.Equal(m.Members, formed.Members) {
			return nil
		}
		return refuse(im.Conflict, "data directory %s belongs to cluster %s already, it cannot form %s", d.dir.path, m.Cluster, cluster)
	}
	return d.belong(&formed, members)
}

// Join notes for good that the directory belongs to a cluster that is there already: its id, the lengths of its buckets, and its
// members as they are now, this node among them with the number that they gave it. Open then joins
// the cluster's Raft groups instead of beginning them, and the node gets everything from the others. It is synced before
// Join returns, and fails as Form does; also as Invalid for a bucket that is not positive. Joining the same cluster once
// more under the same number does nothing.
func (d *Directory) Join(cluster string, buckets Buckets, members []Member) error {
	m := d.dir.m
	if err := m.checkCluster(cluster, members); err != nil {
		return err
	}
	if !buckets.valid() {
		return refuse(im.Invalid, "buckets must be longer than %d and %d ms", buckets.Usual, buckets.Strangers)
	}
	self := slices.IndexFunc(members, func(p Member) bool { return p.Name == m.Node })
	joined := *m
	joined.join(cluster, members[self].Replica, buckets)
	if m.formed() {
		if m.Joined && m.Cluster == cluster && m.Replica == joined.Replica && m.buckets() == buckets {
			return nil
		}
		return refuse(im.Conflict, "data directory %s belongs to cluster %s already, it cannot join %s", d.dir.path, m.Cluster, cluster)
	}
	return d.belong(&joined, members)
}

// checkCluster refuses what no directory can belong to.
func (m *manifest) checkCluster(cluster string, members []Member) error {
	if !validUUID(cluster) {
		return refuse(im.Invalid, "the cluster's id must be a UUID, not %q", cluster)
	}
	if err := checkMembers(members, m.Node, m.NodeHostID); err != nil {
		return refuse(im.Invalid, "the cluster cannot form: %v", err)
	}
	return nil
}

// belong writes the manifest that says which cluster the directory belongs to. The addresses come first: whoever finds it
// finds them too.
func (d *Directory) belong(m *manifest, members []Member) error {
	err := writeNodes(d.dir.path, members)
	if err == nil && m.Joined {
		err = writeHoldings(d.dir.path, m)
	}
	if err != nil {
		return refuse(im.NotPermitted, "data directory %s is not writable: %v", d.dir.path, plain(err))
	}
	if err := m.write(d.dir.path); err != nil {
		return refuse(im.NotPermitted, "data directory %s is not writable: %v", d.dir.path, plain(err))
	}
	d.dir.m = m
	return nil
}

// Open starts this node's part of the log. The directory must have formed. Whether it succeeds or not, it takes the
// directory over; Close does nothing afterwards. It refuses in the same way as Prepare, and also a directory that is
// incomplete, and a Raft address that is taken. Shards may still be without a leader when it returns: see Log.Ready.
func (d *Directory) Open() (*Log, error) {
	if !d.held.Swap(false) {
		return nil, errClosed
	}
	if !d.dir.m.formed() {
		return nil, errors.Join(refuse(im.Invalid, "data directory %s has not formed a cluster", d.dir.path), d.dir.close())
	}
	l := newLog(d.o, d.dir)
	if err := l.start(); err != nil {
		l.abort()
		return nil, err
	}
	return l, nil
}

// Close gives the directory back, unless Open has taken it over.
func (d *Directory) Close() error {
	if !d.held.Swap(false) {
		return nil
	}
	return d.dir.close()
}

// Open prepares the data directory, forms a cluster of this node alone when it has not formed, and starts this node's part
// of the log. It refuses what Prepare and Directory.Open refuse, and peers that it has not formed with.
func Open(o Options) (*Log, error) {
	d, err := Prepare(o)
	if err != nil {
		return nil, err
	}
	if _, _, ok := d.Formed(); !ok {
		if err := d.formAlone(); err != nil {
			return nil, errors.Join(err, d.Close())
		}
	}
	return d.Open()
}

func (d *Directory) formAlone() error {
	for _, p := range d.o.Peers {
		if p.Name != d.o.Node {
			return refuse(im.Invalid, "data directory %s has not formed with %s", d.dir.path, p.Name)
		}
	}
	self := Member{Name: d.o.Node, Replica: 1, NodeHostID: d.NodeHostID(), Raft: d.o.RaftAddr}
	return d.Form(newUUID(), []Member{self})
}
