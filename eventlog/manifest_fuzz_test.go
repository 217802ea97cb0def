package eventlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/parley-im/parley/im"
)

func manifestSeeds(f *testing.F) (seeds [][]byte) {
	f.Helper()
	o := Options{Node: "node1", Shards: 2, Retention: 168 * 60 * 60 * 1e9}
	for _, change := range []func(*manifest){
		func(m *manifest) { m.form(newUUID(), fuzzMembers(m, 1)); m.Ready = true },
		func(m *manifest) { m.form(newUUID(), fuzzMembers(m, 3)); m.Ready = true },
		func(m *manifest) { m.form(newUUID(), fuzzMembers(m, 3)) },
		func(m *manifest) { m.form(newUUID(), fuzzMembers(m, 1)) },
		func(m *manifest) {
			m.form(newUUID(), fuzzMembers(m, 1))
			m.Ready, m.StrangersBucketMillis = true, 0
		},
		func(m *manifest) { m.form(newUUID(), fuzzMembers(m, 3)); m.Members[2].Replica = 2 },
		func(m *manifest) { m.form(newUUID(), fuzzMembers(m, 3)); m.Ready, m.Replica = true, 3 },
		func(*manifest) {},
		func(m *manifest) { m.form("no uuid", fuzzMembers(m, 1)); m.Ready = true },
		func(m *manifest) { m.Format = manifestFormat + 1 },
		func(m *manifest) { m.Ready, m.Format = true, 1 },
		func(m *manifest) { m.Ready, m.Host = true, "../else\u2028where" },
		func(m *manifest) { m.Ready, m.BucketMillis = true, -1 },
	} {
		m := newManifest(&o, "host", newUUID())
		change(m)
		b, err := json.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, b)
	}
	return append(seeds, nil, []byte("{}"), []byte("{"), []byte("null"), []byte(`{"format":2,"ready":true,"new":1}`), []byte(`{"format":3,"new":1}`), []byte(`{"format":4,"node":7}`),
		[]byte(`{"format":2,"format":0}`), []byte(`{"format":1e9}`), []byte("{\"node\":\"\xff\"}"), bytes.Repeat([]byte(" "), maxManifest+1))
}

// rechecked is data as a file of ours whose check fits, when it ends as one.
func rechecked(data []byte) []byte {
	body, ok := bytes.CutSuffix(data, []byte("}"))
	if !ok {
		return data
	}
	return append(bytes.Clone(body), checkOf(body)...)
}

// fuzzMembers returns n members, the node of m among them.
func fuzzMembers(m *manifest, n int) []Member {
	members := []Member{{Name: m.Node, Replica: 1, NodeHostID: m.NodeHostID, Raft: ":1"}}
	for i := 2; i <= n; i++ {
		members = append(members, Member{Name: fmt.Sprint("node", i), Replica: uint64(i), NodeHostID: newUUID(), Raft: ":1"})
	}
	return members
}

// A manifest, whatever it says, is refused with a kind and left as it is; or it binds nobody, and a new one takes its place
// that has not formed and keeps its NodeHostID; or it fits, by its own word, and then it is complete, and reads back as it
// was written.
func FuzzManifest(f *testing.F) {
	for _, seed := range manifestSeeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		data = rechecked(data)
		dir := t.TempDir()
		name := filepath.Join(dir, manifestName)
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		o, host := Options{Node: "node1", Shards: 2}, "host"
		o.EnsureDefaults()
		told := ""
		if m, err := readManifest(dir); err == nil {
			o.Node, o.Shards, host, told = m.Node, m.Shards, m.Host, m.NodeHostID
		}
		d := &dataDir{path: dir}
		err := d.loadManifest(&o, host)
		now, rerr := os.ReadFile(name)
		if rerr != nil {
			t.Fatal(rerr)
		}
		if err != nil {
			var e *im.Error
			if !errors.As(err, &e) || e.Kind != im.Conflict && e.Kind != im.Unsupported && e.Kind != im.Internal || !bytes.Equal(now, data) {
				t.Errorf("%q: %v, and it is %q", data, err, now)
			}
			return
		}
		m := d.m
		whole := validUUID(m.NodeHostID) && m.BucketMillis > 0 && m.StrangersBucketMillis > 0 && m.Format == manifestFormat
		if kept := bytes.Equal(now, data); kept {
			whole = whole && validUUID(m.Cluster) && m.Replica != 0 && m.complete() && m.deployment() != 0 && !m.free()
		} else {
			whole = whole && !m.formed() && !m.Ready && (m.NodeHostID == told || !validUUID(told))
		}
		if !whole {
			t.Errorf("%q was taken as %+v", data, m)
		}
		if err := m.write(dir); err != nil {
			t.Fatal(err)
		}
		if again, err := readManifest(dir); err != nil || !reflect.DeepEqual(again, m) {
			t.Errorf("%+v reads back as %+v, %v", m, again, err)
		}
	})
}

// A node table, whatever it says, is an error, or knows this node's present address, and reads back as it was written.
func FuzzNodes(f *testing.F) {
	self := nodeInfo{Name: "node1", ID: "11111111-2222-4333-8444-555555555555", Raft: "127.0.0.1:7081"}
	other := self
	other.Raft = "10.0.0.1:1"
	second, gone := nodeInfo{Name: "node2", ID: "2", Replica: 2, Raft: ":2"}, nodeInfo{Name: "node2", ID: "3", Replica: 3, Left: true}
	for _, nodes := range [][]nodeInfo{nil, {}, {self}, {other}, {self, self, {Name: "\xff"}}, {self, second, gone}, {second}} {
		b, err := json.Marshal(nodesFile{Format: nodesFormat, Nodes: nodes})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"format":3,"nodes":[]}`))
	f.Add([]byte(`{"nodes":[`))
	f.Fuzz(func(t *testing.T, data []byte) {
		data = rechecked(data)
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, nodesName), data, 0o644); err != nil {
			t.Fatal(err)
		}
		m := &manifest{Node: self.Name, NodeHostID: self.ID, Replica: 1, Members: []manifestMember{{self.Name, 1, self.ID}}}
		d := &dataDir{path: dir, m: m}
		o := &Options{Node: self.Name, RaftAddr: self.Raft}
		table, err := d.loadNodes(o)
		plain, perr := cutCheck(data)
		said := nodesFile{Format: nodesFormat}
		if whole := perr == nil && json.Unmarshal(plain, &said) == nil && said.Format == nodesFormat; whole != (err == nil) {
			t.Errorf("%q: %v", data, err)
		}
		if err != nil {
			return
		}
		if raft, ok := table.address(self.ID); !ok || raft != self.Raft {
			t.Errorf("%q: this node is at %q, %v", data, raft, ok)
		}
		if len(table.members()) != table.count() {
			t.Errorf("%q: %d members, and %v", data, table.count(), table.members())
		}
		if err := table.save(dir); err != nil {
			t.Fatal(err)
		}
		again, err := d.loadNodes(o)
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
