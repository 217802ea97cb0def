package eventlog

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/parley-im/parley/im"
)

// manifest is what a data directory says of itself: the file parley.json. It is written before anything else, and
// pins every setting that the formats below it depend on, and the cluster that the directory belongs to.
type manifest struct {
	// Format is the version of the whole directory.
	Format int `json:"format"`
	// Ready says that the store and Raft's log are there, and shards may have run. Until then nothing in the directory was
	// ever acknowledged, and no vote was given.
	Ready bool `json:"ready"`
	// Cluster is the cluster's id, a UUID; empty until the directory has formed.
	Cluster string `json:"cluster"`
	Node    string `json:"node"`
	// Replica is this node's number in every Raft group, 0 until the directory has formed. Replica numbers are never used
	// again.
	Replica uint64 `json:"replica"`
	// Members are the cluster's first members, this node among them, by number.
	Members []manifestMember `json:"members,omitempty"`
	// Joined says that this node came to Raft's groups later: it has no Members.
	Joined bool   `json:"joined,omitempty"`
	Shards uint32 `json:"shards"`
	// Host is the host name: dragonboat puts it into a folder's name, and would begin anew under another one.
	Host string `json:"host"`
	// NodeHostID is the UUID that other nodes know this one by, whatever its addresses.
	NodeHostID string `json:"node_host_id"`
	// ExecShards and LogDBShards are dragonboat's hard settings: it refuses to start with others.
	ExecShards  uint64 `json:"exec_shards"`
	LogDBShards uint64 `json:"logdb_shards"`
	// BucketMillis and StrangersBucketMillis are the lengths of a retention bucket, part of every entry's key.
	BucketMillis          im.Millis `json:"bucket_ms"`
	StrangersBucketMillis im.Millis `json:"strangers_bucket_ms"`
}

// manifestMember is what Raft's groups were begun with, so it can never change. Who is a member now, and where, says
// nodeTable.
type manifestMember struct {
	Name       string `json:"name"`
	Replica    uint64 `json:"replica"`
	NodeHostID string `json:"node_host_id"`
}

const (
	manifestFormat = 3
	manifestName   = "parley.json"
	manifestTemp   = "parley.json.tmp"
	// maxManifest bytes are read at most: anything longer is no manifest.
	maxManifest = 64 << 10
)

func newManifest(o *Options, host, nodeHostID string) *manifest {
	m := &manifest{
		Format: manifestFormat, Node: o.Node, Shards: o.Shards, Host: host,
		NodeHostID: nodeHostID, ExecShards: execShards, LogDBShards: logDBShards,
	}
	m.setBuckets(o.buckets())
	return m
}

func (m *manifest) buckets() Buckets { return Buckets{m.BucketMillis, m.StrangersBucketMillis} }

func (m *manifest) setBuckets(b Buckets) {
	m.BucketMillis, m.StrangersBucketMillis = b.Usual, b.Strangers
}

// formed reports whether the directory belongs to a cluster.
func (m *manifest) formed() bool { return m.Cluster != "" }

// free reports whether m binds nobody: no store was begun, and no other node counts on this one being a member.
func (m *manifest) free() bool {
	return m.Format == manifestFormat && !m.Ready && !m.Joined && (!m.formed() || len(m.Members) <= 1)
}

func (m *manifest) form(cluster string, members []Member) {
	m.Cluster, m.Members = cluster, make([]manifestMember, 0, len(members))
	for _, p := range members {
		m.Members = append(m.Members, manifestMember{p.Name, p.Replica, p.NodeHostID})
		if p.Name == m.Node {
			m.Replica = p.Replica
		}
	}
	slices.SortFunc(m.Members, func(a, b manifestMember) int { return cmp.Compare(a.Replica, b.Replica) })
}

func (m *manifest) join(cluster string, replica uint64, buckets Buckets) {
	m.Cluster, m.Replica, m.Joined = cluster, replica, true
	m.setBuckets(buckets)
}

// complete reports whether the members are ones that Form takes, or there are none because Join came instead.
func (m *manifest) complete() bool {
	if m.Joined {
		return m.Replica != 0 && len(m.Members) == 0
	}
	members := make([]Member, 0, len(m.Members))
	for _, p := range m.Members {
		members = append(members, Member{Name: p.Name, Replica: p.Replica, NodeHostID: p.NodeHostID, Raft: ":0"})
	}
	again := manifest{Node: m.Node}
	again.form(m.Cluster, members)
	return checkMembers(members, m.Node, m.NodeHostID) == nil && again.Replica == m.Replica && slices.Equal(again.Members, m.Members)
}

// deployment returns dragonboat's DeploymentID: messages of other clusters are dropped by it.
func (m *manifest) deployment() uint64 {
	b, err := hex.DecodeString(m.Cluster[:8] + m.Cluster[9:13] + m.Cluster[14:18])
	if err != nil {
		panic(fmt.Sprintf("eventlog: cluster id %q", m.Cluster)) // check let it pass
	}
	return max(1, binary.BigEndian.Uint64(b))
}

// newUUID draws a random UUID (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) //nolint:errcheck // it never fails: crypto/rand.Read crashes the program instead
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func validUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return true
}

// readManifest returns the manifest in dir, or an error that satisfies os.IsNotExist.
func readManifest(dir string) (*manifest, error) {
	b, err := readAtMost(filepath.Join(dir, manifestName), maxManifest)
	if err != nil {
		return nil, err
	}
	// The version is read first and alone: in another format any field may mean something else. Whatever has a check must fit it;
	// only what an older parley has left has none, nor the length of the strangers' buckets.
	var version struct {
		Format    int        `json:"format"`
		Strangers *im.Millis `json:"strangers_bucket_ms"`
		Check     *string    `json:"check"`
	}
	if err := json.Unmarshal(b, &version); err != nil {
		return nil, err
	}
	body, err := cutCheck(b)
	switch {
	case err == nil:
		b = body
	case version.Check != nil || version.Format == manifestFormat && version.Strangers != nil:
		return nil, damagedFile(filepath.Join(dir, manifestName), "%v", err)
	}
	if version.Format != manifestFormat {
		return &manifest{Format: version.Format}, nil
	}
	var m manifest
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return nil, err
	}
	return &m, nil
}

// readAtMost reads a file whose length is not trusted.
func readAtMost(name string, limit int) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	b, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err == nil && len(b) > limit {
		err = errors.New("too long")
	}
	return b, err
}

// write puts m into dir so that a crash leaves the old file or the new one.
func (m *manifest) write(dir string) error {
	return writeChecked(dir, manifestName, manifestTemp, m)
}

func writeFileAtomic(dir, name, temp string, data []byte) error {
	t := filepath.Join(dir, temp)
	if err := writeFileSync(t, data); err != nil {
		return err
	}
	if err := os.Rename(t, filepath.Join(dir, name)); err != nil {
		return err
	}
	return syncDir(dir)
}

func writeFileSync(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
