package disk

import (
	"errors"
	"testing"
)

// memory is a file of notes.
type memory struct {
	b      []byte
	closed bool
}

func (m *memory) WriteAt(p []byte, at int64) (int, error) { return copy(m.b[at:], p), nil }
func (m *memory) Close() error {
	m.closed = true
	return nil
}

func newMemory(m *memory) func([]byte) (SyncedFile, error) {
	return func(text []byte) (SyncedFile, error) {
		m.b = append([]byte{}, text...)
		return m, nil
	}
}

func works() error { return nil }

// What was written before a sync is noted when that has ended well, of logs and manifests that are written from their beginning,
// and of nothing else. The file is made with the first note, and goes on from what was known.
//
// Checked by breaking it: it fails when what was written is counted after the sync, and when a sync that failed is noted.
func TestSynced_NoteWhatWasSynced(t *testing.T) {
	var m memory
	before := SyncedSet{SyncedCurrent: {Number: 3}}
	notes := NewSynced(newMemory(&m), before)
	log, manifest, other := notes.File("dir/000012.log"), notes.File("dir/MANIFEST-000007"), notes.File("dir/OPTIONS-000009")
	log.Wrote(100)
	other.Wrote(5)
	if err := errors.Join(other.Sync(works), notes.File("x.log").Sync(works)); err != nil || m.b != nil {
		t.Fatalf("%q, %v: noted of nothing", m.b, err)
	}
	failed := errors.New("no")
	if err := log.Sync(func() error { return failed }); !errors.Is(err, failed) || m.b != nil {
		t.Fatalf("%q, %v: noted after a sync that failed", m.b, err)
	}
	err := log.Sync(func() error {
		log.Wrote(50)
		return nil
	})
	manifest.Wrote(70)
	err = errors.Join(err, manifest.Sync(works))
	want := SyncedSet{SyncedLog: {12, 100}, SyncedManifest: {7, 70}, SyncedCurrent: {Number: 3}}
	if got, perr := ParseSynced(m.b); err != nil || perr != nil || got != want {
		t.Errorf("%v, %v, %v, want %v", got, err, perr, want)
	}
	notes.Current()
	want[SyncedCurrent].Number = 7
	if got, err := ParseSynced(m.b); err != nil || got != want {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if err := notes.Close(); err != nil || !m.closed {
		t.Errorf("%v, closed %v", err, m.closed)
	}
	var none *Synced
	if err := errors.Join(log.Sync(works), none.File("1.log").Sync(works), none.Close()); err != nil {
		t.Error(err)
	}
}

// Any change of one bit of the file is noticed, and so is one that is shorter or longer.
//
// Checked by breaking it: it fails when a line is not compared as a whole.
func TestParseSynced_RefusesWhatWasNotWritten(t *testing.T) {
	set := SyncedSet{SyncedLog: {12, 100}, SyncedManifest: {7, 1 << 40}, SyncedCurrent: {Number: 7}}
	text := set.Text()
	if got, err := ParseSynced(text); err != nil || got != set || len(text) != SyncedSize {
		t.Fatalf("%v, %v, %d bytes", got, err, len(text))
	}
	for bit := range 8 * len(text) {
		b := append([]byte{}, text...)
		b[bit/8] ^= 1 << (bit % 8)
		if got, err := ParseSynced(b); err == nil {
			t.Errorf("bit %d: %v", bit, got)
		}
	}
	for _, b := range [][]byte{nil, text[1:], append(text, 0)} {
		if got, err := ParseSynced(b); err == nil {
			t.Errorf("%d bytes: %v", len(b), got)
		}
	}
}
