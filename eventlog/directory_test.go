package eventlog_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

const (
	someCluster  = "11111111-2222-4333-8444-555555555555"
	otherCluster = "21111111-2222-4333-8444-555555555555"
)

func prepare(t *testing.T, o eventlog.Options) *eventlog.Directory {
	t.Helper()
	d, err := eventlog.Prepare(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// crash ends a start that was cut off, and begins the next with the same directory.
func crash(t *testing.T, d *eventlog.Directory, o eventlog.Options) *eventlog.Directory {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return prepare(t, o)
}

// membersWith returns three members, this node the first of them.
func membersWith(d *eventlog.Directory) []eventlog.Member {
	return []eventlog.Member{
		{Name: "node1", Replica: 1, NodeHostID: d.NodeHostID(), Raft: "127.0.0.1:0", Actor: "10.0.0.1:2"},
		{Name: "node2", Replica: 2, NodeHostID: "22222222-2222-4333-8444-555555555555", Raft: "127.0.0.2:1", Actor: "10.0.0.2:2"},
		{Name: "node3", Replica: 3, NodeHostID: "33333333-2222-4333-8444-555555555555", Raft: "127.0.0.3:1"},
	}
}

func oneOfThree(t *testing.T) eventlog.Options {
	o := eventlog.Options{Dir: t.TempDir(), Shards: 2}.On("127.0.0.1:0")
	o.Hurry()
	return o
}

// A start may be cut off at each of its steps; the next goes on from there. The NodeHostID stays from the beginning, since
// the others may have formed with it, though flags bind only once the directory has formed; the cluster stays from Form on;
// and what Raft has written stays once it may have voted, but not before that.
//
// Checked by breaking it: a NodeHostID that is drawn for each unfinished start, and a formed directory that is free, each fail
// another part.
func TestDirectory_GoesOnFromWhereAStartWasCutOff(t *testing.T) {
	o := oneOfThree(t)
	o.Shards = 3
	d := prepare(t, o)
	id := d.NodeHostID()

	o.Shards = 2 // the first was a mistyped flag
	d = crash(t, d, o)
	if _, _, ok := d.Formed(); ok || d.NodeHostID() != id {
		t.Fatalf("before Form: formed %v, id %s, want not formed and %s", ok, d.NodeHostID(), id)
	}
	members := membersWith(d)
	if err := d.Form(someCluster, members); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		d = crash(t, d, o)
		if cluster, got, ok := d.Formed(); !ok || cluster != someCluster || !reflect.DeepEqual(got, members) || d.NodeHostID() != id {
			t.Fatalf("after Form: cluster %s, %v, %v, want %s, %v", cluster, got, ok, someCluster, members)
		}
		if err := d.Form(someCluster, members); err != nil {
			t.Fatalf("the same once more: %v", err)
		}
	}
	if err := d.Form(otherCluster, members); im.KindOf(err) != im.Conflict {
		t.Fatalf("another cluster: %v, want a conflict", err)
	}

	// Raft's folder, half made: nothing has run on it.
	debris := filepath.Join(o.Dir, "raft", "half")
	if err := os.MkdirAll(debris, 0o755); err != nil {
		t.Fatal(err)
	}
	openFormed(t, crash(t, d, o))
	if _, err := os.Stat(debris); err == nil {
		t.Error("what a start left that was cut off before any shard ran is still there")
	}
	// From here on it may have voted.
	mark := filepath.Join(o.Dir, "raft", "mark")
	write(t, mark, nil)
	openFormed(t, prepare(t, o))
	if _, err := os.Stat(mark); err != nil {
		t.Error("what Raft has written is gone")
	}
	remove(t, filepath.Join(o.Dir, "raft"))
	l, err := prepare(t, o).Open()
	if err == nil {
		l.Close()
	}
	if im.KindOf(err) != im.Conflict || !strings.Contains(err.Error(), "is missing") {
		t.Errorf("without its Raft log: %v, want it refused", err)
	}
}

func openFormed(t *testing.T, d *eventlog.Directory) {
	t.Helper()
	l, err := d.Open()
	if err != nil {
		t.Fatal(err)
	}
	closeLog(t, l)
}

// Shards may run, and vote, only when the manifest says so: a start that is cut off after that keeps everything, even if the
// last shard has not begun.
//
// Checked by breaking it: with ready after the shards it is false for all of them.
func TestDirectory_IsReadyBeforeAShardRuns(t *testing.T) {
	o := oneOfThree(t)
	var ready []bool
	o.OnStartShard(func() {
		var m struct{ Ready bool }
		b, err := os.ReadFile(filepath.Join(o.Dir, "parley.json"))
		if err == nil {
			err = json.Unmarshal(b, &m)
		}
		if err != nil {
			t.Error(err)
		}
		ready = append(ready, m.Ready)
	})
	d := prepare(t, o)
	if err := d.Form(someCluster, membersWith(d)); err != nil {
		t.Fatal(err)
	}
	openFormed(t, d)
	if !reflect.DeepEqual(ready, []bool{true, true, true}) {
		t.Errorf("ready at the start of each shard: %v, want true for all three", ready)
	}
}

// Form refuses what cannot be a cluster, and writes nothing then.
func TestDirectory_FormRefusesWhatDoesNotFit(t *testing.T) {
	o := oneOfThree(t)
	d := prepare(t, o)
	for claim, spoil := range map[string]func(m []eventlog.Member) []eventlog.Member{
		"no members":         func([]eventlog.Member) []eventlog.Member { return nil },
		"without this node":  func(m []eventlog.Member) []eventlog.Member { return m[1:] },
		"another id":         func(m []eventlog.Member) []eventlog.Member { m[0].NodeHostID = otherCluster; return m },
		"another name":       func(m []eventlog.Member) []eventlog.Member { m[0].Name = "node4"; return m },
		"a name twice":       func(m []eventlog.Member) []eventlog.Member { m[1].Name = "node3"; return m },
		"a number twice":     func(m []eventlog.Member) []eventlog.Member { m[1].Replica = 3; return m },
		"an id twice":        func(m []eventlog.Member) []eventlog.Member { m[1].NodeHostID = m[2].NodeHostID; return m },
		"no number":          func(m []eventlog.Member) []eventlog.Member { m[1].Replica = 0; return m },
		"no id":              func(m []eventlog.Member) []eventlog.Member { m[1].NodeHostID = ""; return m },
		"no address":         func(m []eventlog.Member) []eventlog.Member { m[1].Raft = "host"; return m },
		"a name that is bad": func(m []eventlog.Member) []eventlog.Member { m[1].Name = "node 2"; return m },
	} {
		if err := d.Form(someCluster, spoil(membersWith(d))); im.KindOf(err) != im.Invalid {
			t.Errorf("%s: %v, want invalid", claim, err)
		}
	}
	if err := d.Form("no uuid", membersWith(d)); im.KindOf(err) != im.Invalid {
		t.Errorf("no uuid: %v, want invalid", err)
	}
	d = crash(t, d, o)
	if _, _, ok := d.Formed(); ok {
		t.Error("it has formed")
	}
	if _, err := d.Open(); im.KindOf(err) != im.Invalid {
		t.Errorf("opened before it has formed: %v, want invalid", err)
	}
}

// A directory that has formed knows where its members were last, hears from the options where they are now, and is refused
// with other peers than it has, or other flags than it was formed with.
func TestDirectory_AddressesMayChangeAndMembersMayNot(t *testing.T) {
	o := oneOfThree(t)
	d := prepare(t, o)
	if err := d.Form(someCluster, membersWith(d)); err != nil {
		t.Fatal(err)
	}
	o.Peers = []eventlog.Member{{Name: "node3", Raft: "10.0.0.3:9", Actor: "10.0.0.3:8"}, {Name: "node2", Raft: "10.0.0.2:9"}}
	openFormed(t, crash(t, d, o))
	o.Peers = nil
	d = prepare(t, o)
	_, got, _ := d.Formed()
	want := membersWith(d)
	want[1].Raft, want[2].Raft, want[2].Actor = "10.0.0.2:9", "10.0.0.3:9", "10.0.0.3:8"
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the members are %v, want %v", got, want)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*eventlog.Options){
		"belongs to the cluster of node1, node2, node3; it was started with --peers node1, node2": func(o *eventlog.Options) {
			o.Peers = []eventlog.Member{{Name: "node2", Raft: ":1"}}
		},
		"has 2 shards, which cannot be changed": func(o *eventlog.Options) { o.Shards = 4 },
	} {
		spoilt := o
		change(&spoilt)
		before := listing(t, o.Dir)
		if _, err := eventlog.Prepare(spoilt); im.KindOf(err) != im.Conflict || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want a conflict with %q", err, want)
		}
		sameFiles(t, before, listing(t, o.Dir))
	}
}

// Alone, a node does not form with peers that it was told of; and it may form with them when its first start did not come
// to its end.
func TestOpen_DoesNotFormWithPeers(t *testing.T) {
	o := oneOfThree(t)
	o.Peers = []eventlog.Member{{Name: "node2", Raft: ":1"}}
	if l, err := eventlog.Open(o); im.KindOf(err) != im.Invalid {
		l.Close()
		t.Fatalf("%v, want invalid", err)
	}
	o.Peers = nil
	d := prepare(t, o)
	id := d.NodeHostID()
	alone := []eventlog.Member{{Name: "node1", Replica: 1, NodeHostID: id, Raft: o.RaftAddr}}
	if err := d.Form(someCluster, alone); err != nil {
		t.Fatal(err)
	}
	d = crash(t, d, o)
	if _, _, ok := d.Formed(); ok || d.NodeHostID() != id {
		t.Errorf("formed %v, id %s, want a directory that is free, with %s", ok, d.NodeHostID(), id)
	}
}
