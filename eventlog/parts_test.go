package eventlog_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

const (
	// partSize is that of a part of a snapshot, as the format has it.
	partSize = 256 << 10
	// partsOfState is how many the state of these tests has, all of that size, so that nothing else is in a proposal with one.
	partsOfState = 4
)

// largeState returns a state of that many parts that differs from others.
func largeState(c byte) []byte {
	return bytes.Repeat([]byte{c, 1, 2, 3}, partSize*partsOfState/4)
}

// partsWorld is a log that stops after each part of a snapshot until it is told to go on.
type partsWorld struct {
	t   *testing.T
	l   *eventlog.Log
	dir string
	// stored gets the bytes of each proposal that has a part, when it is stored; nothing is answered until then has something.
	stored chan int
	then   chan struct{}
	addr   im.Address
	head   im.Head
	epoch  im.Epoch
}

func beginParts(t *testing.T) *partsWorld {
	t.Helper()
	w := &partsWorld{
		t: t, dir: filepath.Join(t.TempDir(), "data"), stored: make(chan int), then: make(chan struct{}),
		addr: im.Room("parts", "lobby"), head: im.Head{TS: im.At(time.Now())}, epoch: im.Epoch{Term: 1},
	}
	o := flipOptions(w.dir)
	o.Observe.Batch = func(_ im.ShardID, _, size int, _ time.Duration, _ bool) {
		if size > partSize/4 {
			w.stored <- size
			<-w.then
		}
	}
	w.l = open(t, o)
	return w
}

// say appends an entry without waiting for it.
func (w *partsWorld) say(l *eventlog.Log) <-chan im.Outcome {
	w.t.Helper()
	done := make(chan im.Outcome, 1)
	w.head.TS++
	err := l.Append(im.Append{
		Addr: w.addr, Epoch: w.epoch, Expected: w.head.Seq, Done: func(o im.Outcome) { done <- o },
		Entries: []im.Entry{{TS: w.head.TS, Body: fmt.Append(nil, w.head.Seq+1)}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.head.Seq++
	return done
}

func (w *partsWorld) snapshot(l *eventlog.Log, state []byte) <-chan im.Outcome {
	w.t.Helper()
	done := make(chan im.Outcome, 1)
	err := l.Snapshot(w.addr, w.epoch, w.head.Seq, w.head.TS, state, func(o im.Outcome) { done <- o })
	if err != nil {
		w.t.Fatal(err)
	}
	return done
}

// expect checks what an activation would begin from: a state as of an entry, and the entries since.
func (w *partsWorld) expect(when string, l *eventlog.Log, state []byte, at, last uint64) {
	w.t.Helper()
	ld, err := loadNow(l, w.addr)
	if err != nil {
		w.t.Fatal(when, err)
	}
	if !bytes.Equal(ld.Snapshot, state) || ld.Head.SnapSeq != at || ld.Head.Seq != last || uint64(len(ld.Tail)) != last-at {
		w.t.Fatalf("%s: a state of %d bytes as of %d, and %d entries up to %d; want %d bytes as of %d, up to %d",
			when, len(ld.Snapshot), ld.Head.SnapSeq, len(ld.Tail), ld.Head.Seq, len(state), at, last)
	}
	for i, e := range ld.Tail {
		if want := fmt.Sprint(at + uint64(i) + 1); string(e.Body) != want {
			w.t.Fatalf("%s: entry %s, want %s", when, e.Body, want)
		}
	}
}

// A large snapshot goes into the log one part after the other: no proposal holds more than one, and what is appended while one is
// on its way is stored before the next. Killed between any two parts, a node starts from the snapshot before and the entries
// since, and makes another; not killed, from the new one.
//
// Checked by breaking it: it fails when all parts are queued at once, when a part is left out, and when the state counts with its
// first part.
func TestSnapshot_GoesInPartsAndCountsWithTheLast(t *testing.T) {
	w := beginParts(t)
	small, large := []byte("small"), largeState('a')
	outcome(t, w.say(w.l), im.Stored)
	outcome(t, w.snapshot(w.l, small), im.Stored)
	outcome(t, w.say(w.l), im.Stored)
	snapped, covers := w.snapshot(w.l, large), w.head.Seq
	var said []<-chan im.Outcome
	for part := range partsOfState {
		if size := <-w.stored; size > partSize+1024 {
			t.Errorf("a proposal of %d bytes", size)
		}
		if part < partsOfState-1 {
			w.killed(part, small, covers-1)
			said = append(said, w.say(w.l))
		}
		w.then <- struct{}{}
		if part < partsOfState-1 {
			outcome(t, said[part], im.Stored) // while the next part is held
		}
	}
	outcome(t, snapped, im.Stored)
	w.expect("in the end", w.l, large, covers, covers+partsOfState-1)
	closeLog(t, w.l)
}

// killed starts another node on what the disk has, which takes what the first one would have, and one of its own.
func (w *partsWorld) killed(part int, state []byte, at uint64) {
	w.t.Helper()
	dir := filepath.Join(w.t.TempDir(), "copy")
	quietCopy(w.t, dir, w.dir)
	other := *w
	other.epoch.Term = uint64(part) + 2
	l := open(w.t, flipOptions(dir))
	when := fmt.Sprint("killed after part ", part)
	other.expect(when, l, state, at, other.head.Seq)
	outcome(w.t, other.say(l), im.Stored)
	large := largeState('b')
	outcome(w.t, other.snapshot(l, large), im.Stored)
	other.expect(when+", with another snapshot", l, large, other.head.Seq, other.head.Seq)
	closeLog(w.t, l)
}

// A snapshot on its way ends with the epoch that made it: once another one has written, its parts are refused, and the state
// before counts.
//
// Checked by breaking it: without the look at the epoch in the store the state of the older epoch counts.
func TestSnapshot_EndsWithItsEpoch(t *testing.T) {
	w := beginParts(t)
	outcome(t, w.say(w.l), im.Stored)
	snapped := w.snapshot(w.l, largeState('a'))
	<-w.stored
	w.epoch.Term++
	said := w.say(w.l)
	w.then <- struct{}{}
	outcome(t, said, im.Stored)
	<-w.stored // the second part was queued before anybody could know
	w.then <- struct{}{}
	outcome(t, snapped, im.Refused)
	w.expect("in the end", w.l, nil, 0, 2)
	closeLog(t, w.l)
}

func outcome(t *testing.T, c <-chan im.Outcome, want im.Outcome) {
	t.Helper()
	select {
	case got := <-c:
		if got != want {
			t.Fatalf("%v, want %v", got, want)
		}
	case <-time.After(patience):
		t.Fatalf("no answer, want %v", want)
	}
}
