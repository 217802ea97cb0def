package eventlog_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// hands are a clock of a test: real time, and by how much the wall clock is wrong.
type hands struct {
	mu     sync.Mutex
	lived  time.Duration
	offset time.Duration
}

// birth is when the hands of all clocks begin.
const birth = im.Millis(1_700_000_000_000)

func (h *hands) elapsed() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lived
}

func (h *hands) wall() im.Millis {
	h.mu.Lock()
	defer h.mu.Unlock()
	return birth + im.Millis((h.lived + h.offset).Milliseconds())
}

// right is what a right clock says.
func (h *hands) right() im.Millis { return birth + im.Millis(h.elapsed().Milliseconds()) }

func (h *hands) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lived += d
}

func (h *hands) set(offset time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.offset = offset
}

// on makes a log go by the hands.
func (h *hands) on(o *eventlog.Options) {
	o.Clock = h.wall
	o.ByHand(h.elapsed)
}

// live lets time pass on a log, tick by tick.
func (h *hands) live(l *eventlog.Log, d, tick time.Duration) {
	for end := h.elapsed() + d; h.elapsed() < end; {
		h.pass(tick)
		l.Tick()
	}
}

// talkers are addresses of all classes that expire, spread over the shards.
func talkers(n int) (all []im.Address) {
	for i := range n {
		a, b := im.UserID(fmt.Sprint("a", i)), im.UserID(fmt.Sprint("b", i))
		all = append(all,
			im.User("win", a), im.Group("win", im.GroupID(a)), im.FriendDialog("win", a, b),
			im.StrangerDialog("win", a, b), im.PassengerDialog("win", im.PassengerID(a), b))
	}
	return all
}

// secret begins the body of every message of a test, so that it is found wherever it lies.
type secret [16]byte

func newSecret() (s secret) {
	rand.Read(s[:]) //nolint:errcheck // it never fails
	return s
}

// message is a body that nothing can make shorter.
func (s secret) message() []byte {
	body := make([]byte, 100)
	rand.Read(body) //nolint:errcheck // it never fails
	copy(body, s[:])
	return body
}

// in counts, by file below dir, how often the secret is there.
func (s secret) in(t *testing.T, dir string) map[string]int {
	t.Helper()
	found := map[string]int{}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil //nolint:nilerr // gone
		}
		b, err := os.ReadFile(name)
		if n := bytes.Count(b, s[:]); err == nil && n > 0 {
			found[filepath.Base(filepath.Dir(name))+"/"+e.Name()] = n
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// awaitNoneIn waits until no file below dir has the secret: the store deletes files behind our back, in a moment.
func (s secret) awaitNoneIn(t *testing.T, dir string, before map[string]int) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	left := s.in(t, dir)
	for deadline := time.After(patience); len(left) > 0; left = s.in(t, dir) {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("bodies are left: %v, of %v", left, before)
		}
	}
}

// talk appends to a log as an actor would: two messages, of which the second is owed, and an event that says how many there were. It
// returns the stamp of the last.
func (s secret) talk(t *testing.T, l *eventlog.Log, a im.Address) im.Millis {
	t.Helper()
	ld, err := loadNow(l, a)
	if err != nil {
		t.Fatal(err)
	}
	h := ld.Head
	ts := max(l.Now(), l.Sealed(a), h.TS+1)
	outcome := make(chan im.Outcome, 1)
	err = l.Append(im.Append{
		Addr: a, Epoch: im.Epoch{Term: 1, Activation: 1}, Expected: h.Seq, Done: func(o im.Outcome) { outcome <- o },
		Entries: []im.Entry{
			{N: h.N + 1, TS: ts, ID: fmt.Sprint("id", h.N+1), Body: s.message()},
			{N: h.N + 2, TS: ts + 1, Body: s.message(), Owes: true},
			{TS: ts + 2, Body: fmt.Appendf(nil, "there are %d", h.N+2)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if o := <-outcome; o != im.Stored {
		t.Fatalf("%s: %v", a, o)
	}
	return ts + 2
}

// keepState stores a state of an address as of its last entry.
func keepState(t *testing.T, l *eventlog.Log, a im.Address) {
	t.Helper()
	ld, err := loadNow(l, a)
	if err != nil {
		t.Fatal(err)
	}
	outcome := make(chan im.Outcome, 1)
	state := fmt.Appendf(nil, "there are %d", ld.Head.N)
	if err := l.Snapshot(a, ld.Head.Epoch, ld.Head.Seq, ld.Head.TS, state, func(o im.Outcome) { outcome <- o }); err != nil {
		t.Fatal(err)
	}
	if o := <-outcome; o != im.Stored {
		t.Fatalf("%s: %v", a, o)
	}
}

// intact checks that the state of an address still says, by snapshot and tail, how many messages there were.
func intact(t *testing.T, l *eventlog.Log, a im.Address, messages uint64) {
	t.Helper()
	ld, err := loadNow(l, a)
	if err != nil {
		t.Fatal(err)
	}
	got := string(ld.Snapshot)
	next := ld.Head.SnapSeq + 1
	for _, e := range ld.Tail {
		if e.Seq != next || e.TS <= 0 {
			t.Errorf("%s: seq %d with stamp %d where %d was to come", a, e.Seq, e.TS, next)
		}
		if next++; e.N == 0 {
			got = string(e.Body)
		}
	}
	if want := fmt.Sprintf("there are %d", messages); got != want || next != ld.Head.Seq+1 || ld.Head.N != messages {
		t.Errorf("%s: %q, to seq %d of %d, n %d, want %q", a, got, next-1, ld.Head.Seq, ld.Head.N, want)
	}
	for _, e := range ld.Untold {
		if e.N > 0 && len(e.Body) > 0 {
			t.Errorf("%s: a message is owed with its body", a)
		}
	}
}
