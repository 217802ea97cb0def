package eventlog_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// That replicas have the same digest, those that were sent whole shards too, is shown by the tests of clusters: see trio.sameEverywhere.

// digests describes all shards of a log, or of a directory.
func digests(t *testing.T, of interface {
	DigestOf(ctx context.Context, id im.ShardID) (store.Digest, error)
}, shards im.ShardID,
) (out []string) {
	t.Helper()
	for id := range shards + 1 {
		d, err := of.DigestOf(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%d %d %x", d.Shard, d.Applied, d.Sum))
	}
	return out
}

// What a log says of its shards while it runs, its directory says when it has ended, and nothing in the directory changes by
// that; several may read it side by side. The log that comes back says it again.
//
// Checked by breaking it: it fails when OpenStopped takes the lock for itself alone.
func TestStopped_SaysWhatTheLogSaid(t *testing.T) {
	t.Parallel()
	o := made(t)
	l := open(t, o)
	say(t, l, ann, 1)
	want := digests(t, l, 2)
	closeLog(t, l)
	before := listing(t, o.Dir)
	for range 2 {
		s, err := eventlog.OpenStopped(o.Dir)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}()
		if got := digests(t, s, 2); fmt.Sprint(got) != fmt.Sprint(want) || s.Node() != "node1" || s.Shards() != 2 || s.Cluster() == "" {
			t.Errorf("%s in %s: %v, want %v", s.Node(), s.Cluster(), got, want)
		}
		if _, err := s.DigestOf(t.Context(), 3); im.KindOf(err) != im.NotFound {
			t.Errorf("a shard that does not exist: %v", err)
		}
	}
	if _, err := eventlog.Open(o.On("127.0.0.1:0")); im.KindOf(err) != im.Conflict {
		t.Errorf("a node started on a directory that is being read: %v", err)
	}
	sameFiles(t, before, listing(t, o.Dir))
}

// A directory that is in use is refused, and so is what is none, in one line that names it; nothing is made.
//
// Checked by breaking it: without the lock, the directory in use is read.
func TestStopped_RefusesInOneLine(t *testing.T) {
	t.Parallel()
	o := made(t)
	l := open(t, o)
	defer closeLog(t, l)
	none, empty, foreign := filepath.Join(t.TempDir(), "none"), t.TempDir(), t.TempDir()
	newer, unfinished, gone, unread := made(t).Dir, made(t).Dir, made(t).Dir, made(t).Dir
	write(t, filepath.Join(foreign, "letters.txt"), []byte("x"))
	edit(t, newer, map[string]any{"format": 99})
	edit(t, unfinished, map[string]any{"ready": false})
	write(t, filepath.Join(unread, "replicas.json"), []byte("{"))
	if err := os.RemoveAll(filepath.Join(gone, "store")); err != nil {
		t.Fatal(err)
	}
	for dir, tt := range map[string]struct {
		kind im.ErrorKind
		text string
	}{
		o.Dir:      {im.Conflict, "in use by another process"},
		none:       {im.NotFound, "is no data directory"},
		empty:      {im.NotFound, "is no data directory"},
		foreign:    {im.NotFound, "is no data directory"},
		newer:      {im.Unsupported, "format 99"},
		unfinished: {im.NotFound, "did not come to its end"},
		gone:       {im.Internal, "damaged"},
		unread:     {im.Conflict, "the list of replicas"},
	} {
		s, err := eventlog.OpenStopped(dir)
		if err == nil {
			t.Errorf("%s (%s) was opened: %v", dir, tt.text, s.Close())
			continue
		}
		if im.KindOf(err) != tt.kind || !strings.Contains(err.Error(), tt.text) || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %v: %s", dir, err, tt.kind, tt.text)
		}
	}
	if _, err := os.Stat(none); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s: %v", none, err)
	}
	if left := listing(t, empty); len(left) > 0 {
		t.Errorf("%v were made", left)
	}
}

// One digest is made at a time. Who does not wait for one any more gets none, and neither does who asks a log that is closed, or
// for a shard that does not exist.
//
// Checked by breaking it: it fails when DigestOf does not wait for its turn.
func TestDigestOf_EndsWithWhoAsks(t *testing.T) {
	t.Parallel()
	o := made(t)
	l := open(t, o)
	gone, leave := context.WithCancel(t.Context())
	leave()
	held := l.HoldDigests()
	if _, err := l.DigestOf(gone, 1); im.KindOf(err) != im.Unavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want to be told that it was given up", err)
	}
	brief, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if _, err := l.DigestOf(brief, 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second digest is made beside the first: %v", err)
	}
	held()
	if _, err := l.DigestOf(t.Context(), 1); err != nil {
		t.Error(err)
	}
	if _, err := l.DigestOf(t.Context(), 3); im.KindOf(err) != im.NotFound {
		t.Errorf("a shard that does not exist: %v", err)
	}
	l.HoldDigests()
	answer := make(chan error, 1)
	go func() {
		_, err := l.DigestOf(t.Context(), 1)
		answer <- err
	}()
	closeLog(t, l)
	if err := <-answer; im.KindOf(err) != im.Unavailable {
		t.Errorf("while the log is closed: %v", err)
	}
	if _, err := l.DigestOf(t.Context(), 1); im.KindOf(err) != im.Unavailable {
		t.Errorf("when the log is closed: %v", err)
	}
}

// A shard that is just being replaced by what another member sends has no digest: what is there of it is not all.
//
// Checked by breaking it: it fails when DigestOf does not ask whether it is.
func TestDigestOf_LeavesOutWhatIsBeingReplaced(t *testing.T) {
	t.Parallel()
	o := made(t)
	l := open(t, o)
	defer closeLog(t, l)
	shard := ann.Shard(2)
	end := l.Replacing(shard)
	if d, err := l.DigestOf(t.Context(), shard); err != nil || fmt.Sprint(d) != fmt.Sprint(store.Digest{Shard: shard}) {
		t.Errorf("%+v, %v, want none", d, err)
	}
	end()
	if d, err := l.DigestOf(t.Context(), shard); err != nil || d.Applied == 0 || d.Entries() != 1 {
		t.Errorf("%+v, %v, want one", d, err)
	}
}

// without makes a directory of two shards that has no replica of one of them.
func without(t *testing.T, id im.ShardID) eventlog.Options {
	t.Helper()
	o := made(t)
	type shard struct {
		Raft  uint64 `json:"raft,omitempty"`
		Ended uint64 `json:"ended,omitempty"`
	}
	shards := []shard{{Raft: 1}, {Raft: 1}, {Raft: 1}}
	shards[id] = shard{Ended: 1}
	b, err := eventlog.WithCheck(map[string]any{"format": 1, "shards": shards})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(o.Dir, "replicas.json"), b)
	return o
}

// openPart opens a log that has no replica of a shard. It is never ready: nobody leads there.
func openPart(t *testing.T, o eventlog.Options) *eventlog.Log {
	t.Helper()
	l, err := eventlog.Open(o.On("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A shard that this node, or a directory, has no replica of has no digest, rather than one of nothing: nobody takes it for a replica
// that has lost everything.
//
// Checked by breaking it: it fails when view does not ask, and when Stopped does not.
func TestDigestOf_SaysWhatIsNotHere(t *testing.T) {
	t.Parallel()
	here := ann.Shard(2)
	gone := 3 - here
	o := without(t, gone)
	absent := func(of interface {
		DigestOf(ctx context.Context, id im.ShardID) (store.Digest, error)
	},
	) {
		t.Helper()
		d, err := of.DigestOf(t.Context(), gone)
		if im.KindOf(err) != im.NotFound || !strings.Contains(fmt.Sprint(err), fmt.Sprint("no replica of shard ", gone)) || d.Applied != 0 {
			t.Errorf("what is not here: %+v, %v", d, err)
		}
		if d, err := of.DigestOf(t.Context(), here); err != nil || d.Applied == 0 {
			t.Errorf("what is here: %+v, %v", d, err)
		}
	}
	s, err := eventlog.OpenStopped(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	absent(s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	l := openPart(t, o)
	defer closeLog(t, l)
	absent(l)
	defer l.Replacing(gone)()
	absent(l)
}
