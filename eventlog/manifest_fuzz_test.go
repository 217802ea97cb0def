package eventlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/parley-im/parley/im"
)

func manifestSeeds(f *testing.F) (seeds [][]byte) {
	f.Helper()
	o := Options{Node: "node1", Shards: 2, Retention: 168 * 60 * 60 * 1e9}
	for _, change := range []func(*manifest){
		func(m *manifest) { m.Ready = true },
		func(*manifest) {},
		func(m *manifest) { m.Ready, m.Cluster = true, "no uuid" },
		func(m *manifest) { m.Format = manifestFormat + 1 },
		func(m *manifest) { m.Ready, m.Format = true, 1 },
		func(m *manifest) { m.Ready, m.Host = true, "../else\u2028where" },
		func(m *manifest) { m.Ready, m.BucketMillis = true, -1 },
	} {
		m := newManifest(&o, "host")
		change(m)
		b, err := json.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, b)
	}
	return append(seeds, nil, []byte("{}"), []byte("{"), []byte("null"), []byte(`{"format":2,"ready":true,"new":1}`), []byte(`{"format":3,"new":1}`), []byte(`{"format":3,"node":7}`),
		[]byte(`{"format":2,"format":0}`), []byte(`{"format":1e9}`), []byte("{\"node\":\"\xff\"}"), bytes.Repeat([]byte(" "), maxManifest+1))
}

// A manifest, whatever it says, is refused with a kind and left as it is; or it is that of an unfinished start, and a new one
// takes its place; or it fits, by its own word, and then it is complete, and reads back as it was written.
func FuzzManifest(f *testing.F) {
	for _, seed := range manifestSeeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		name := filepath.Join(dir, manifestName)
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		o, host := Options{Node: "node1", Shards: 2, Retention: 168 * 60 * 60 * 1e9}, "host"
		if m, err := readManifest(dir); err == nil {
			o.Node, o.Shards, host = m.Node, m.Shards, m.Host
		}
		d := &dataDir{path: dir}
		err := d.loadManifest(&o, host)
		now, rerr := os.ReadFile(name)
		if rerr != nil {
			t.Fatal(rerr)
		}
		if err != nil {
			var e *im.Error
			if !errors.As(err, &e) || e.Kind != im.Conflict && e.Kind != im.Unsupported || !bytes.Equal(now, data) {
				t.Errorf("%q: %v, and it is %q", data, err, now)
			}
			return
		}
		m := d.m
		if !validUUID(m.Cluster) || !validUUID(m.NodeHostID) || m.Replica == 0 || m.BucketMillis <= 0 || m.Format != manifestFormat || m.deployment() == 0 {
			t.Errorf("%q was taken as %+v", data, m)
		}
		if m.Ready != bytes.Equal(now, data) {
			t.Errorf("%q, ready = %v, has become %q", data, m.Ready, now)
		}
		if err := m.write(dir); err != nil {
			t.Fatal(err)
		}
		if again, err := readManifest(dir); err != nil || *again != *m {
			t.Errorf("%+v reads back as %+v, %v", m, again, err)
		}
	})
}

// A node table, whatever it says, is an error, or knows this node's present address, and reads back as it was written.
func FuzzNodes(f *testing.F) {
	self := nodeInfo{Name: "node1", ID: "11111111-2222-4333-8444-555555555555", Raft: "127.0.0.1:7081"}
	other := self
	other.Raft = "10.0.0.1:1"
	for _, nodes := range [][]nodeInfo{nil, {}, {self}, {other}, {self, self, {Name: "\xff"}}} {
		b, err := json.Marshal(nodes)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("["))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, nodesName), data, 0o644); err != nil {
			t.Fatal(err)
		}
		table, err := loadNodes(dir, self)
		if (err == nil) != (json.Unmarshal(data, new([]nodeInfo)) == nil) {
			t.Errorf("%q: %v", data, err)
		}
		if err != nil {
			return
		}
		if raft, ok := table.address(self.ID); !ok || raft != self.Raft {
			t.Errorf("%q: this node is at %q, %v", data, raft, ok)
		}
		again, err := loadNodes(dir, self)
		if err != nil || len(again.byID) != len(table.byID) {
			t.Fatalf("%q reads back as %v, %v", data, again, err)
		}
		for id, n := range table.byID {
			if again.byID[id] != n {
				t.Errorf("%q: %q is %+v, then %+v", data, id, n, again.byID[id])
			}
		}
	})
}
