package system

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/servertest"
)

// State comes only from events: a young store without any snapshot gives the same answer to every question.
func TestSnapshots_AreOnlyAShortcut(t *testing.T) {
	n := servertest.Start(t)
	v := populate(t, n)
	before := v.answers(t, n)
	if code := n.Terminate(); code != 0 {
		t.Fatalf("exit code %d, want 0\n%s", code, n.Stderr())
	}
	dropSnapshots(t, n.Dir)
	n.Restart()
	sameAnswers(t, before, v.answers(t, n))
}

// dropSnapshots deletes every snapshot in the store of a stopped server, and makes sure that there were some.
func dropSnapshots(t *testing.T, dir string) {
	t.Helper()
	s := openStore(t, dir)
	talk := im.FriendDialog(servertest.App, "tom", "jerry")
	if l := load(t, s, talk); l.Snapshot == nil {
		t.Fatalf("%d events of %v left no snapshot: the test would prove nothing", l.Head.Seq, talk)
	}
	if err := s.DropSnapshots(); err != nil {
		t.Fatal(err)
	}
	if l := load(t, s, talk); l.Snapshot != nil || len(l.Tail) != int(l.Head.Seq) {
		t.Fatalf("after dropping, %v has a snapshot of %d bytes and %d of %d events", talk, len(l.Snapshot), len(l.Tail), l.Head.Seq)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// openStore opens the store as the directory's manifest says.
func openStore(t *testing.T, dir string) *store.Store {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "parley.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Shards uint32    `json:"shards"`
		Bucket im.Millis `json:"bucket_ms"`
	}
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(filepath.Join(dir, "store"), store.Options{Shards: m.Shards, Bucket: m.Bucket})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func load(t *testing.T, s *store.Store, a im.Address) im.Load {
	t.Helper()
	l, err := s.Load(a)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
