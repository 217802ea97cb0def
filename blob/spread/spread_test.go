package spread_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/parley-im/parley/blob"
	"github.com/parley-im/parley/blob/blobtest"
	"github.com/parley-im/parley/blob/spread"
)

// net are nodes, by their names. A node that is nil is down.
type network map[string]*spread.Spread

// RoundTrip implements http.RoundTripper.
func (n network) RoundTrip(r *http.Request) (*http.Response, error) {
	node := n[r.URL.Host]
	if node == nil {
		return nil, errors.New("down")
	}
	w := httptest.NewRecorder()
	node.ServeHTTP(w, r)
	return w.Result(), nil
}

// add adds a node.
func (n network) add(t *testing.T, name string) *spread.Spread {
	t.Helper()
	return n.addFull(t, name, nil)
}

// addFull adds one whose disk is full while isFull says so.
func (n network) addFull(t *testing.T, name string, isFull func() bool) *spread.Spread {
	t.Helper()
	local, err := blob.OpenDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	n[name] = spread.New(spread.Options{
		Local: local, Spool: spool(t), Transport: n, MaxBytes: 10 << 20, IsFull: isFull,
		Others: func() (others []string) {
			for other := range n {
				if other != name {
					others = append(others, other)
				}
			}
			return others
		},
	})
	return n[name]
}

func spool(t *testing.T) *blob.Spool {
	t.Helper()
	s, err := blob.OpenSpool(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s blob.Store, text string) (blob.Name, error) {
	t.Helper()
	d, err := spool(t).New()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Discard() //nolint:errcheck // a test's
	if _, err := io.WriteString(d, text); err != nil {
		t.Fatal(err)
	}
	name := blob.NewName("txt")
	return name, s.Put(t.Context(), d, name, stored)
}

var stored = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func read(t *testing.T, s blob.Store, name blob.Name) (string, error) {
	t.Helper()
	f, err := s.Open(t.Context(), name)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(f)
	if !f.Info().Stored.Equal(stored) {
		t.Errorf("stored %v, want %v", f.Info().Stored, stored)
	}
	return string(text), err
}

// A Spread is a store, alone and among others.
func TestSpread_IsAStore(t *testing.T) {
	t.Parallel()
	for _, nodes := range []int{1, 2, 3} {
		blobtest.Run(t, func(t *testing.T) blob.Store {
			n := network{}
			for i := range nodes - 1 {
				n.add(t, "other"+string(rune('a'+i)))
			}
			return everywhere{n.add(t, "this"), n}
		})
	}
}

// everywhere sweeps all nodes, as each does by itself.
type everywhere struct {
	*spread.Spread
	all network
}

// Sweep implements blob.Store. What it removed is what this node did.
func (e everywhere) Sweep(ctx context.Context, before time.Time) (blob.Swept, error) {
	for _, s := range e.all {
		if s == e.Spread {
			continue
		}
		if _, err := s.Sweep(ctx, before); err != nil {
			return blob.Swept{}, err
		}
	}
	return e.Spread.Sweep(ctx, before)
}

// A file that was put is read on every node, also when the one that took it has gone.
func TestSpread_OutlivesANode(t *testing.T) {
	t.Parallel()
	n := network{}
	a, b, c := n.add(t, "a"), n.add(t, "b"), n.add(t, "c")
	for range 10 {
		name, err := put(t, a, "text")
		if err != nil {
			t.Fatal(err)
		}
		n["a"] = nil
		for _, s := range []*spread.Spread{b, c} {
			if text, err := read(t, s, name); err != nil || text != "text" {
				t.Errorf("%q, %v", text, err)
			}
		}
		n["a"] = a
	}
}

// While some are down, another one keeps it; with nobody else it is not taken, and what may be elsewhere is not called missing.
func TestSpread_OthersAreDown(t *testing.T) {
	t.Parallel()
	n := network{}
	a, b, c := n.add(t, "a"), n.add(t, "b"), n.add(t, "c")
	name, err := put(t, c, "text")
	if err != nil {
		t.Fatal(err)
	}
	n["b"] = nil
	for range 5 {
		name, err := put(t, a, "text")
		n["b"], n["a"] = b, nil
		if text, e := read(t, b, name); err != nil || e != nil || text != "text" {
			t.Errorf("%q, %v, %v", text, err, e)
		}
		n["b"], n["a"] = nil, a
	}
	n["c"] = nil
	if _, err := put(t, a, "text"); !errors.Is(err, spread.ErrNoCopy) {
		t.Errorf("with nobody else: %v, want %v", err, spread.ErrNoCopy)
	}
	other := blob.NewName("txt")
	if _, err := read(t, a, other); err == nil || errors.Is(err, blob.ErrNotFound) {
		t.Errorf("nobody can be asked: %v", err)
	}
	n["b"], n["c"] = b, c
	if _, err := read(t, a, other); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("nobody has it: %v, want %v", err, blob.ErrNotFound)
	}
	if text, err := read(t, a, name); err != nil || text != "text" {
		t.Errorf("%q, %v", text, err)
	}
}

// A node that has lost its files gets those that no other has but the one that restores; once they are there, nothing is copied.
//
// Checked by breaking it: it fails when restore takes a node that cannot be asked for one that has no files, and when the third node of
// three is not asked.
func TestSpread_Restores(t *testing.T) {
	t.Parallel()
	n := network{}
	a, _ := n.add(t, "a"), n.add(t, "b")
	var names []blob.Name
	for range 20 {
		name, err := put(t, a, "text")
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if copied, err := a.Restore(t.Context()); err != nil || copied != 0 {
		t.Errorf("nothing is lost: %d copied, %v", copied, err)
	}
	b := n.add(t, "b") // with another disk
	n["b"] = nil
	if copied, err := a.Restore(t.Context()); err == nil || copied != 0 {
		t.Errorf("the other is down: %d copied, %v, want an error", copied, err)
	}
	n["b"] = b
	if copied, err := a.Restore(t.Context()); err != nil || copied != len(names) {
		t.Errorf("%d copied, %v, want %d", copied, err, len(names))
	}
	n["a"] = nil
	for _, name := range names {
		if text, err := read(t, b, name); err != nil || text != "text" {
			t.Errorf("%q, %v", text, err)
		}
	}
}

// With three nodes each file is on two of them, whoever restores, and also after one has lost its disk.
func TestSpread_RestoresTwoCopies(t *testing.T) {
	t.Parallel()
	n := network{}
	nodes := []*spread.Spread{n.add(t, "a"), n.add(t, "b"), n.add(t, "c")}
	var names []blob.Name
	for i := range 30 {
		name, err := put(t, nodes[i%3], "text")
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	restore := func() (copied int) {
		t.Helper()
		for _, s := range nodes {
			c, err := s.Restore(t.Context())
			if err != nil {
				t.Error(err)
			}
			copied += c
		}
		return copied
	}
	if copied := restore(); copied != 0 {
		t.Errorf("all have two copies, and %d are copied", copied)
	}
	nodes[1] = n.add(t, "b") // with another disk
	if copied := restore(); copied == 0 || copied > len(names) {
		t.Errorf("b has lost all, and %d are copied", copied)
	}
	if copied := restore(); copied != 0 {
		t.Errorf("all have two copies again, and %d are copied", copied)
	}
	n["c"] = nil
	for _, name := range names {
		if text, err := read(t, nodes[0], name); err != nil || text != "text" {
			t.Fatalf("%s without c: %q, %v", name, text, err)
		}
	}
}

// One that has no room does not keep files from coming to another.
//
// Checked by breaking it: it fails when restoring ends with the first file that is refused, and when the next node is not asked.
func TestSpread_RestoresPastOneThatIsFull(t *testing.T) {
	t.Parallel()
	n := network{}
	a, _ := n.add(t, "a"), n.add(t, "b")
	var names []blob.Name
	for range 20 {
		name, err := put(t, a, "text")
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	n.addFull(t, "c", func() bool { return true })
	b := n.add(t, "b") // with another disk
	copied, err := a.Restore(t.Context())
	if copied != len(names) || err == nil {
		t.Errorf("%d copied, %v, want %d, and that c is complained of", copied, err, len(names))
	}
	if copied, err := a.Restore(t.Context()); copied != 0 || err != nil {
		t.Errorf("once more: %d copied, %v", copied, err)
	}
	n["a"] = nil
	for _, name := range names {
		if text, err := read(t, b, name); err != nil || text != "text" {
			t.Errorf("%q, %v", text, err)
		}
	}
}
