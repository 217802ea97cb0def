package logtest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/im"
)

func testAppendReadBack(t *testing.T, b *bench) {
	w := b.writer(t)
	if l := w.load(); l.Head != (im.Head{}) || l.Snapshot != nil || len(l.Tail) > 0 {
		t.Fatalf("load of an empty log = %+v, want nothing", l)
	}
	want := w.store(w.message("id-1"), w.fact())
	want = append(want, w.store(w.message(""))...)
	l := w.load()
	wantEntries(t, "tail", l.Tail, want)
	if h := (im.Head{Seq: 3, N: 2, TS: w.ts, Epoch: e1}); l.Head != h {
		t.Fatalf("head = %+v, want %+v", l.Head, h)
	}
	wantEntries(t, "read after 1", w.read(1, 10), want[1:])
	wantEntries(t, "read one", w.read(0, 1), want[:1])
	wantEntries(t, "read past the end", w.read(3, 10), nil)
}

func testDoneInOrder(t *testing.T, b *bench) {
	w := b.writer(t)
	const total = 600
	c := make(chan int, total)
	for i := range total {
		e := w.message("")
		err := b.log.Append(im.Append{
			Addr: w.addr, Epoch: e1, Expected: e.Seq - 1, Entries: []im.Entry{e},
			Done: func(o im.Outcome) {
				if o != im.Stored {
					t.Errorf("append %d: %v", i, o)
				}
				c <- i
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range total {
		if got := receive(t, c); got != i {
			t.Fatalf("answer %d is that of append %d", i, got)
		}
	}
	if n := len(w.load().Tail); n != total {
		t.Fatalf("%d entries, want %d", n, total)
	}
}

func testEpochFences(t *testing.T, b *bench) {
	w := b.writer(t)
	w.epoch = e2
	w.store(w.message(""))
	for _, tc := range []struct {
		epoch im.Epoch
		want  im.Outcome
	}{
		{e1, im.Refused},
		{im.Epoch{Term: 0, Activation: 9}, im.Refused},
		{e2, im.Stored},
		{im.Epoch{Term: 2}, im.Stored},
		{e2, im.Refused},
	} {
		if got := w.append(tc.epoch, w.seq, im.Entry{TS: w.ts + 1}); got != tc.want {
			t.Fatalf("append in epoch %v: %v, want %v", tc.epoch, got, tc.want)
		}
		if tc.want == im.Stored {
			w.fact()
		}
	}
}

func testExpectedSeq(t *testing.T, b *bench) {
	w := b.writer(t)
	w.store(w.message(""), w.message(""))
	for _, expected := range []uint64{0, 1, 3, 1 << 60} {
		if got := w.append(e1, expected, im.Entry{TS: w.ts + 5}); got != im.Refused {
			t.Fatalf("append that expects seq %d of 2: %v, want refused", expected, got)
		}
	}
	if l := w.load(); l.Head.Seq != 2 || len(l.Tail) != 2 {
		t.Fatalf("refused appends left %d entries, want 2", len(l.Tail))
	}
}

func testNumbersAndStamps(t *testing.T, b *bench) {
	w := b.writer(t)
	w.store(w.message(""))
	ts, n := w.ts, w.n
	for _, tc := range []struct {
		what    string
		entries []im.Entry
	}{
		{"n repeats", []im.Entry{{N: n, TS: ts + 1}}},
		{"n leaps", []im.Entry{{N: n + 2, TS: ts + 1}}},
		{"n leaps inside", []im.Entry{{N: n + 1, TS: ts + 1}, {N: n + 3, TS: ts + 2}}},
		{"ts stands", []im.Entry{{N: n + 1, TS: ts}}},
		{"ts falls", []im.Entry{{TS: ts - 1}}},
		{"ts stands inside", []im.Entry{{TS: ts + 1}, {TS: ts + 1}}},
	} {
		if got := w.append(e1, 1, tc.entries...); got != im.Refused {
			t.Fatalf("%s: %v, want refused", tc.what, got)
		}
	}
	if got := w.append(e1, 1, im.Entry{TS: ts + 1}, im.Entry{N: n + 1, TS: ts + 2}); got != im.Stored {
		t.Fatalf("a fact between messages: %v, want stored", got)
	}
}

func testNeighbours(t *testing.T, b *bench) {
	const total = 100
	outcomes := make(chan im.Outcome, total)
	bad := b.writer(t)
	var good []*writer
	for i := range total {
		a := im.Append{Addr: bad.addr, Epoch: e1, Expected: 7, Entries: []im.Entry{{TS: now}}}
		if i%2 == 0 {
			w := b.writer(t)
			good = append(good, w)
			a = im.Append{Addr: w.addr, Epoch: e1, Entries: []im.Entry{w.message("")}}
		}
		a.Done = func(o im.Outcome) { outcomes <- o }
		if err := b.log.Append(a); err != nil {
			t.Fatal(err)
		}
	}
	count := map[im.Outcome]int{}
	for range total {
		count[receive(t, outcomes)]++
	}
	if count[im.Stored] != total/2 || count[im.Refused] != total/2 {
		t.Fatalf("outcomes %v, want half stored and half refused", count)
	}
	for _, w := range good {
		if h := w.load().Head; h.Seq != 1 {
			t.Fatalf("head %+v, want seq 1", h)
		}
	}
}

func testFence(t *testing.T, b *bench) {
	w := b.writer(t)
	var f im.Fence
	f.Lower()
	got := b.append(t, im.Append{Addr: w.addr, Epoch: e1, Entries: []im.Entry{{TS: now}}, Fence: &f})
	if got != im.Refused {
		t.Fatalf("append behind a lowered fence: %v, want refused", got)
	}
	var up im.Fence
	got = b.append(t, im.Append{Addr: w.addr, Epoch: e1, Entries: []im.Entry{{TS: now}}, Fence: &up})
	if got != im.Stored {
		t.Fatalf("append behind a raised fence: %v, want stored", got)
	}
}

func testInvalid(t *testing.T, b *bench) {
	addr := b.address()
	entry := im.Entry{TS: now}
	for _, tc := range []struct {
		what string
		a    im.Append
		want im.ErrorKind
	}{
		{"no address", im.Append{Entries: []im.Entry{entry}}, im.Invalid},
		{"nothing to append", im.Append{Addr: addr}, im.Invalid},
		{"no stamp", im.Append{Addr: addr, Entries: []im.Entry{{}}}, im.Invalid},
		{"a seq out of line", im.Append{Addr: addr, Entries: []im.Entry{{Seq: 2, TS: now}}}, im.Invalid},
		{"a long id", im.Append{Addr: addr, Entries: []im.Entry{{TS: now, ID: strings.Repeat("x", 65)}}}, im.TooLong},
		{"a long body", im.Append{Addr: addr, Entries: []im.Entry{{TS: now, Body: make([]byte, maxBody+1)}}}, im.TooLong},
		{"a long append", im.Append{Addr: addr, Entries: slices.Repeat([]im.Entry{{TS: now, Body: make([]byte, maxBody)}}, 5)}, im.TooLong},
	} {
		tc.a.Done = func(im.Outcome) { t.Errorf("%s: done was called", tc.what) }
		if err := b.log.Append(tc.a); im.KindOf(err) != tc.want || err == nil {
			t.Errorf("%s: %v, want kind %v", tc.what, err, tc.want)
		}
	}
	if err := b.log.Snapshot(addr, e1, 0, now, nil, nil); err == nil || im.KindOf(err) != im.Invalid {
		t.Errorf("snapshot of nothing: %v, want invalid", err)
	}
}

func testOverload(t *testing.T, b *bench) {
	w := b.writer(t)
	body := make([]byte, 32<<10)
	outcomes := make(chan im.Outcome, 1<<16)
	accepted, refused := 0, 0
	for ; refused == 0 && accepted < cap(outcomes); accepted++ {
		e := w.message("")
		e.Body = body
		err := b.log.Append(im.Append{
			Addr: w.addr, Epoch: e1, Expected: e.Seq - 1, Entries: []im.Entry{e},
			Done: func(o im.Outcome) { outcomes <- o },
		})
		if err != nil {
			if im.KindOf(err) != im.Overloaded {
				t.Fatalf("append: %v, want overloaded", err)
			}
			refused++
			accepted--
		}
	}
	if refused == 0 {
		t.Fatalf("%d appends of 32 KiB at once were all accepted", accepted)
	}
	for range accepted {
		if o := receive(t, outcomes); o != im.Stored {
			t.Fatalf("an accepted append: %v, want stored", o)
		}
	}
	if h := w.load().Head; h.Seq != uint64(accepted) {
		t.Fatalf("head %+v after %d accepted appends", h, accepted)
	}
	select {
	case o := <-outcomes:
		t.Fatalf("one answer too many: %v", o)
	default:
	}
}

func testClosed(t *testing.T, log Log) {
	addr := im.User("suite", "late")
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	a := im.Append{Addr: addr, Entries: []im.Entry{{TS: now}}, Done: func(im.Outcome) { t.Error("done was called") }}
	if err := log.Append(a); im.KindOf(err) != im.Unavailable {
		t.Errorf("append: %v, want unavailable", err)
	}
	if _, err := load(t, log, addr); im.KindOf(err) != im.Unavailable {
		t.Errorf("load: %v, want unavailable", err)
	}
	if _, err := log.History(context.Background(), addr, im.Before{}, 1); im.KindOf(err) != im.Unavailable {
		t.Errorf("history: %v, want unavailable", err)
	}
	if _, err := log.Search(context.Background(), im.Query{App: "suite", Kind: im.KindRoom, Limit: 1}); im.KindOf(err) != im.Unavailable {
		t.Errorf("search: %v, want unavailable", err)
	}
	if _, _, err := log.Lookup(addr, "x"); im.KindOf(err) != im.Unavailable {
		t.Errorf("lookup: %v, want unavailable", err)
	}
	log.Told(addr, 1)
	if err := log.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}
