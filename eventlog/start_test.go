package eventlog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// made returns a data directory with one acknowledged message in it, and its options.
func made(t *testing.T) eventlog.Options {
	t.Helper()
	o := eventlog.Options{Dir: t.TempDir(), Shards: 2}
	o.Hurry()
	l := open(t, o)
	if got := say(t, l, ann, 0); got != im.Stored {
		t.Fatal(got)
	}
	closeLog(t, l)
	return o
}

var ann = im.User("app", "ann")

// say appends a message after seq and returns the outcome.
func say(t testing.TB, l *eventlog.Log, a im.Address, seq uint64) im.Outcome {
	t.Helper()
	c := make(chan im.Outcome, 1)
	err := l.Append(im.Append{
		Addr: a, Epoch: im.Epoch{Term: 1, Activation: 1}, Expected: seq, Done: func(o im.Outcome) { c <- o },
		Entries: []im.Entry{{N: seq + 1, TS: im.At(time.Now()) + im.Millis(seq), Body: []byte("hello")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return <-c
}

// edit changes fields of the manifest.
func edit(t *testing.T, dir string, fields map[string]any) {
	t.Helper()
	name := filepath.Join(dir, "parley.json")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	m := make(map[string]any)
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	delete(m, "check")
	for k, v := range fields {
		m[k] = v
	}
	if b, err = eventlog.WithCheck(m); err != nil {
		t.Fatal(err)
	}
	write(t, name, b)
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// listing returns all files below dir with their content, to show that a refusal changed nothing.
func listing(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if d == nil { // nothing is there
			return nil
		}
		if err == nil && !d.IsDir() && filepath.Base(path) != "LOCK" {
			var b []byte
			if b, err = os.ReadFile(path); err == nil {
				all[path] = b
			}
		}
		if errors.Is(err, fs.ErrNotExist) { // a log that runs has removed it
			return nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestOpen_RefusesInOneLineAndDamagesNothing breaks a directory in each way that a start must notice.
func TestOpen_RefusesInOneLineAndDamagesNothing(t *testing.T) {
	for _, tc := range []struct {
		claim string
		spoil func(t *testing.T, o *eventlog.Options)
		kind  im.ErrorKind
		want  string
	}{
		{"a directory that cannot be made", func(t *testing.T, o *eventlog.Options) {
			file := filepath.Join(t.TempDir(), "file")
			write(t, file, nil)
			o.Dir = filepath.Join(file, "data")
		}, im.NotPermitted, "cannot be read: not a directory"},
		{"a file for a directory", func(t *testing.T, o *eventlog.Options) {
			o.Dir = filepath.Join(t.TempDir(), "file")
			write(t, o.Dir, nil)
		}, im.NotPermitted, "not a directory"},
		{"an unwritable directory", func(t *testing.T, o *eventlog.Options) {
			o.Dir = "/proc/parley"
		}, im.NotPermitted, "cannot be made"},
		{"somebody else's directory", func(t *testing.T, o *eventlog.Options) {
			o.Dir = t.TempDir()
			write(t, filepath.Join(o.Dir, "thesis.tex"), []byte("x"))
		}, im.Conflict, "is not parley's: it holds thesis.tex"},
		{"a manifest that is none", func(t *testing.T, o *eventlog.Options) {
			write(t, filepath.Join(o.Dir, "parley.json"), []byte("{"))
		}, im.Conflict, "parley.json cannot be read"},
		{"an empty manifest", func(t *testing.T, o *eventlog.Options) {
			write(t, filepath.Join(o.Dir, "parley.json"), []byte("{}"))
		}, im.Conflict, "is incomplete"},
		{"a manifest that was edited", func(t *testing.T, o *eventlog.Options) {
			name := filepath.Join(o.Dir, "parley.json")
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			write(t, name, bytes.Replace(b, []byte(`"shards": 2`), []byte(`"shards": 3`), 1))
			o.Shards = 3
		}, im.Internal, "parley.json is damaged: its checksum does not fit"},
		{"a newer format", func(t *testing.T, o *eventlog.Options) {
			edit(t, o.Dir, map[string]any{"format": 4, "something": "new", "node": 7})
		}, im.Unsupported, "written by a newer parley"},
		{"an older format", func(t *testing.T, o *eventlog.Options) {
			edit(t, o.Dir, map[string]any{"format": 2})
		}, im.Unsupported, "was made by an older parley"},
		{"a manifest without buckets of strangers", func(t *testing.T, o *eventlog.Options) {
			edit(t, o.Dir, map[string]any{"strangers_bucket_ms": 0})
		}, im.Unsupported, "was made by an older parley"},
		{
			"another node", func(_ *testing.T, o *eventlog.Options) { o.Node = "node2" },
			im.Conflict, "belongs to node node1; it was started with --node node2",
		},
		{"a manifest without members", func(t *testing.T, o *eventlog.Options) {
			edit(t, o.Dir, map[string]any{"members": []any{}})
		}, im.Conflict, "is incomplete"},
		{"other peers", func(_ *testing.T, o *eventlog.Options) {
			o.Peers = []eventlog.Member{{Name: "node1", Raft: ":1"}, {Name: "node2", Raft: ":2"}}
		}, im.Conflict, "belongs to the cluster of node1; it was started with --peers node1, node2"},
		{
			"other shards", func(_ *testing.T, o *eventlog.Options) { o.Shards = 3 },
			im.Conflict, "has 2 shards, which cannot be changed; it was started with --shards 3",
		},
		{"another host", func(t *testing.T, o *eventlog.Options) {
			edit(t, o.Dir, map[string]any{"host": "elsewhere"})
		}, im.Conflict, "belongs to host elsewhere"},
		{"other hard settings", func(t *testing.T, o *eventlog.Options) {
			edit(t, o.Dir, map[string]any{"exec_shards": 16})
		}, im.Unsupported, "incompatible"},
		{"no Raft log", func(t *testing.T, o *eventlog.Options) {
			remove(t, filepath.Join(o.Dir, "raft"))
		}, im.Conflict, "is missing"},
		{"no folder of this host", func(t *testing.T, o *eventlog.Options) {
			host, _ := os.Hostname()
			remove(t, filepath.Join(o.Dir, "raft", host))
		}, im.Conflict, "is missing"},
		{"another node host's Raft log", func(t *testing.T, o *eventlog.Options) {
			const id = "11111111-2222-4333-8444-555555555555"
			self := map[string]any{"name": "node1", "replica": 1, "node_host_id": id}
			edit(t, o.Dir, map[string]any{"node_host_id": id, "members": []any{self}})
		}, im.Conflict, "is of node host"},
		{
			"a store beyond the Raft log", func(t *testing.T, o *eventlog.Options) { swap(t, o, "raft") },
			im.Conflict, "beyond the Raft log",
		},
		{
			"a store behind what the Raft log holds", func(t *testing.T, o *eventlog.Options) { swap(t, o, "store") },
			im.Conflict, "the Raft log was cut",
		},
		{"wrong options", func(_ *testing.T, o *eventlog.Options) { o.Retention = time.Second }, im.Invalid, "retention"},
	} {
		t.Run(tc.claim, func(t *testing.T) {
			o := made(t).On("127.0.0.1:0")
			tc.spoil(t, &o)
			before := listing(t, o.Dir)
			l, err := eventlog.Open(o)
			if err == nil {
				l.Close()
				t.Fatal("it opened")
			}
			if im.KindOf(err) != tc.kind || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("error %q of kind %v, want one line of kind %v with %q", err, im.KindOf(err), tc.kind, tc.want)
			}
			if !strings.HasPrefix(tc.claim, "a store") { // those are noticed only when both are open
				sameFiles(t, before, listing(t, o.Dir))
			}
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

// swap restores an older copy of one half alone, as a careless backup would.
func swap(t *testing.T, o *eventlog.Options, half string) {
	dir, old := filepath.Join(o.Dir, half), filepath.Join(t.TempDir(), "old")
	if err := os.CopyFS(old, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	o.SnapshotEntries = 10 // so that the Raft log is cut soon
	l := open(t, *o)
	cut := filepath.Join(o.Dir, "raft/*/*/*", fmt.Sprintf("snapshot-%d-1", ann.Shard(o.Shards)+1), "snapshot-*")
	for seq, deadline := uint64(1), time.Now().Add(patience); ; seq++ {
		if got := say(t, l, ann, seq); got != im.Stored {
			t.Fatal(got)
		}
		if found, err := filepath.Glob(cut); err != nil || len(found) > 0 && seq > 50 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the Raft log was not cut in time")
		}
	}
	closeLog(t, l)
	remove(t, dir)
	if err := os.CopyFS(dir, os.DirFS(old)); err != nil {
		t.Fatal(err)
	}
}

func sameFiles(t *testing.T, before, after map[string][]byte) {
	t.Helper()
	for name, data := range before {
		if got, ok := after[name]; !ok || !bytes.Equal(got, data) {
			t.Errorf("%s was changed", name)
		}
	}
	for name := range after {
		if _, ok := before[name]; !ok {
			t.Errorf("%s was made", name)
		}
	}
}

// TestOpen_RefusesADirectoryInUse opens one twice; the first log goes on as if nothing had happened.
func TestOpen_RefusesADirectoryInUse(t *testing.T) {
	o := made(t)
	l := open(t, o)
	defer closeLog(t, l)
	second, err := eventlog.Open(o.On("127.0.0.1:0"))
	if err == nil {
		second.Close()
		t.Fatal("it opened twice")
	}
	if !strings.Contains(err.Error(), "is in use by another process") {
		t.Fatalf("error %q", err)
	}
	if got := say(t, l, ann, 1); got != im.Stored {
		t.Fatal(got)
	}
}

// TestOpen_RefusesAnAddressInUse shows one clear line, and that the directory is free again afterwards.
func TestOpen_RefusesAnAddressInUse(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	o := made(t)
	l, err := eventlog.Open(o.On(ln.Addr().String()))
	if err == nil {
		l.Close()
		t.Fatal("it opened")
	}
	if !strings.Contains(err.Error(), "cannot be listened on") || strings.Contains(err.Error(), "\n") {
		t.Fatalf("error %q", err)
	}
	closeLog(t, open(t, o))
}

// TestOpen_BeginsAnewAfterAnUnfinishedFirstStart: until the first start is over, nothing was acknowledged.
func TestOpen_BeginsAnewAfterAnUnfinishedFirstStart(t *testing.T) {
	o := made(t)
	edit(t, o.Dir, map[string]any{"ready": false})
	o.Shards = 3 // the unfinished start binds nobody
	l := open(t, o)
	defer closeLog(t, l)
	if h, err := l.History(context.Background(), ann, im.Before{}, 1); err != nil || len(h) != 0 {
		t.Fatalf("history %v, %v, want none", h, err)
	}
}

// TestOpen_AddressMayChange: groups know their members by NodeHostID, so another port is as good.
func TestOpen_AddressMayChange(t *testing.T) {
	o := made(t)
	for range 2 { // open draws a free port each time
		l := open(t, o)
		h, err := l.History(context.Background(), ann, im.Before{}, 1)
		closeLog(t, l)
		if err != nil || len(h) != 1 {
			t.Fatalf("history %v, %v, want the message", h, err)
		}
	}
}

// TestOpen_TellsLeaders: OnLeader hears of every shard, in the term that Leader reports.
func TestOpen_TellsLeaders(t *testing.T) {
	type event struct {
		shard        im.ShardID
		leader, term uint64
	}
	events := make(chan event, 64)
	o := eventlog.Options{Dir: t.TempDir(), Shards: 3}
	o.Hurry()
	o.OnLeader = func(s im.ShardID, leader, term uint64) { events <- event{s, leader, term} }
	l := open(t, o)
	defer closeLog(t, l)
	led := make(map[im.ShardID]uint64)
	for deadline := time.After(patience); len(led) < 4; {
		select {
		case e := <-events:
			if e.leader == l.Replica() {
				led[e.shard] = e.term
			}
		case <-deadline:
			t.Fatalf("leaders of %d shards in time, want 4", len(led))
		}
	}
	for s, term := range led {
		if r, now, ok := l.Leader(s); !ok || r != l.Replica() || now != term {
			t.Errorf("shard %d: leader %d in term %d (%v), OnLeader said term %d", s, r, now, ok, term)
		}
	}
}
