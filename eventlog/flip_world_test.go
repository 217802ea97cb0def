package eventlog_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// flipAddrs are what the directories of the tests of damage hold: one address of each kind, and some more. The ended ones were deleted.
func flipAddrs() []im.Address {
	return append(liveAddrs(), im.Group("flip", "ended0"), im.Group("flip", "ended1"), im.Group("flip", "ended2"))
}

func liveAddrs() []im.Address {
	return []im.Address{
		im.User("flip", "ann"), im.User("flip", "ben"), im.User("other", "ann"), im.Group("flip", "hikers"), im.Room("flip", "lobby"),
		im.FriendDialog("flip", "ann", "ben"), im.StrangerDialog("flip", "ann", "cid"), im.Apps,
	}
}

const flipShards = 2

// flipOptions are those of all logs on such a directory.
func flipOptions(dir string) eventlog.Options {
	o := eventlog.Options{Dir: dir, Shards: flipShards, Node: "node1", RaftAddr: "127.0.0.1:0", SnapshotEntries: 40, ToldEvery: time.Millisecond}
	o.Hurry()
	return o
}

// flipWriter fills a directory in several lives.
type flipWriter struct {
	t     *testing.T
	now   im.Millis
	heads map[im.Address]*im.Head
	epoch im.Epoch
}

// write appends n times to each address, of all kinds of content, and waits until all is stored.
func (w *flipWriter) write(l *eventlog.Log, n int) {
	w.t.Helper()
	w.epoch.Term++
	for i := range n {
		for _, a := range liveAddrs() {
			h := w.heads[a]
			if h == nil {
				h = &im.Head{TS: w.now}
				w.heads[a] = h
			}
			w.append(l, a, h, i)
		}
	}
}

func (w *flipWriter) append(l *eventlog.Log, a im.Address, h *im.Head, i int) {
	w.t.Helper()
	ap := im.Append{Addr: a, Epoch: w.epoch, Expected: h.Seq}
	for range 1 + i%3 {
		h.Seq++
		h.TS++
		e := im.Entry{TS: h.TS, Owes: i%5 == 1, Body: []byte(fmt.Sprintf("%s %d %s", a, h.Seq, strings.Repeat("words ", i%40)))}
		if i%4 > 0 {
			h.N++
			e.N, e.ID = h.N, fmt.Sprintf("id-%d", h.Seq)
		}
		ap.Entries = append(ap.Entries, e)
	}
	if i%3 == 0 {
		ap.Record = &im.Record{TS: h.TS, Fields: []im.Field{{Name: "seq", Type: im.NumberField, Text: fmt.Sprint(h.Seq)}}, Body: []byte("public")}
	}
	stored(w.t, l, ap)
	if i%7 == 3 {
		done := make(chan im.Outcome, 1)
		if err := l.Snapshot(a, w.epoch, h.Seq, h.TS, fmt.Appendf(nil, "state of %s at %d", a, h.Seq), func(o im.Outcome) { done <- o }); err != nil {
			w.t.Fatal(err)
		}
		if o := <-done; o != im.Stored {
			w.t.Fatalf("snapshot: %v", o)
		}
	}
}

// end makes an object and deletes it.
func (w *flipWriter) end(l *eventlog.Log, a im.Address) {
	w.t.Helper()
	stored(w.t, l, im.Append{Addr: a, Epoch: w.epoch, Entries: []im.Entry{{TS: w.now, N: 1, ID: "first", Body: []byte("hello")}}})
	stored(w.t, l, im.Append{
		Addr: a, Epoch: w.epoch, Expected: 1, Entries: []im.Entry{{TS: w.now + 1, Body: []byte("deleted")}},
		Record: &im.Record{Gone: true}, Final: []byte("no more"), Gone: true,
	})
}

// stored appends and waits.
func stored(t *testing.T, l *eventlog.Log, a im.Append) {
	t.Helper()
	done := make(chan im.Outcome, 1)
	a.Done = func(o im.Outcome) { done <- o }
	if err := l.Append(a); err != nil {
		t.Fatal(err)
	}
	if o := <-done; o != im.Stored {
		t.Fatalf("%s: %v", a.Addr, o)
	}
}

// flipDir fills a directory and returns what is in it. Clean says that the log was closed at the end; otherwise it is what kill -9
// leaves: a copy that is made while the log has nothing to do.
func flipDir(t *testing.T, clean bool) (dir, want string) {
	t.Helper()
	return fillDir(t, flipOptions, im.At(time.Now()), clean)
}

// fillDir is flipDir with other options, at another time.
func fillDir(t *testing.T, options func(dir string) eventlog.Options, now im.Millis, clean bool) (dir, want string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	o := options(dir)
	o.OnDiskFailure = func(err error) { t.Errorf("the disk failed: %v", err) }
	w := &flipWriter{t: t, now: now, heads: make(map[im.Address]*im.Head)}
	for life := range 3 {
		if life == 2 {
			o.SnapshotEntries = 1 << 20 // so that the last life is in Raft's log alone
		}
		l := open(t, o)
		w.write(l, 25+life)
		w.end(l, im.Group("flip", im.GroupID(fmt.Sprintf("ended%d", life))))
		if life == 2 {
			want = flipText(t, l)
		}
		if life == 2 && !clean {
			copied := filepath.Join(t.TempDir(), "copy")
			quietCopy(t, copied, dir)
			dir = copied
		}
		closeLog(t, l)
	}
	return dir, want
}

// quietCopy copies a directory of a log that has nothing to do; what it does in the background may still go on, so it is copied
// until nothing has changed meanwhile.
func quietCopy(t *testing.T, to, from string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		before := listing(t, from)
		err := os.CopyFS(to, os.DirFS(from))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // what is removed meanwhile is a change like others
			t.Fatal(err)
		}
		if err == nil && fmt.Sprint(sums(before)) == fmt.Sprint(sums(listing(t, from))) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the directory changes all the time")
		}
		remove(t, to)
	}
}

func sums(files map[string][]byte) map[string][32]byte {
	all := make(map[string][32]byte)
	for name, b := range files {
		all[name] = sha256.Sum256(b)
	}
	return all
}

// flipText is everything that can be read of a log, as text.
func flipText(t testing.TB, l *eventlog.Log) string {
	t.Helper()
	text, err := readAll(l)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// readAll reads all that the addresses have, in every way there is.
func readAll(l *eventlog.Log) (string, error) {
	var b strings.Builder
	for _, a := range flipAddrs() {
		if err := readAddr(&b, l, a); err != nil {
			return "", fmt.Errorf("%s: %w", a, err)
		}
	}
	for id := range im.ShardID(flipShards + 1) {
		d, err := l.DigestOf(context.Background(), id)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "shard %d: %d keys\n", id, len(d.Tables))
	}
	return b.String(), nil
}

func readAddr(b *strings.Builder, l *eventlog.Log, a im.Address) error {
	ctx := context.Background()
	ld, err := loadNow(l, a)
	if err != nil {
		return err
	}
	h := ld.Head
	fmt.Fprintf(b, "%s: seq %d, n %d, snapshot %d %q, tail %d, owed %v, untold %d\n", a, h.Seq, h.N, h.SnapSeq, ld.Snapshot, len(ld.Tail), ld.Owed, len(ld.Untold))
	all, err := l.Read(ctx, a, 0, math.MaxInt)
	if err != nil {
		return err
	}
	messages, err := history(l, a)
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "  %d entries %x, %d messages %x\n", len(all), sumEntries(all), len(messages), sumEntries(messages))
	for _, e := range all {
		if e.ID == "" {
			continue
		}
		at, ok, err := l.Lookup(a, e.ID)
		if err != nil {
			return err
		}
		if !ok || at.Seq != e.Seq {
			fmt.Fprintf(b, "  id %s leads to %+v, %v\n", e.ID, at, ok)
		}
	}
	if a.Kind == im.KindCluster {
		return nil
	}
	found, err := l.Search(ctx, im.Query{App: a.App, Kind: a.Kind, Limit: 10})
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "  records %v\n", found)
	return nil
}

func sumEntries(entries []im.Entry) [8]byte {
	h := sha256.New()
	for _, e := range entries {
		fmt.Fprintf(h, "%d %d %q %v %q\n", e.Seq, e.N, e.ID, e.Owes, e.Body)
	}
	return [8]byte(h.Sum(nil))
}

// history reads all messages.
func history(l *eventlog.Log, a im.Address) ([]im.Entry, error) {
	return l.History(context.Background(), a, im.Before{}, 100000)
}
