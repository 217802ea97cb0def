package disk

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Synced note how far the files of one Pebble store are on the disk: what lies before a note was synced, so whatever is not
// valid there was damaged since. Behind it lies what a crash may have left unfinished.
//
// They are in one file of SyncedSize bytes, a line for each kind, which is written in place, and not synced: after the end
// of the process it is exact; after the end of the machine it may be older, by as much as the system keeps writes back, and
// then says less, but nothing wrong. A line is
//
//	kind 8 | number 20 | bytes 20 | CRC-32C of what is before 8
//
// with a space after each, but for the last: there is a newline. All lines lie in one sector of any disk.
//
// Safe for concurrent use.
type Synced struct {
	// create makes the file.
	create func(text []byte) (SyncedFile, error)

	mu   sync.Mutex
	of   SyncedSet
	file SyncedFile // nil until there is something to note
	gave bool       // up: the file could not be made, or was closed
}

// SyncedFile is where notes are kept.
type SyncedFile interface {
	io.WriterAt
	io.Closer
}

// SyncedTo says that the first Bytes of a file were synced.
type SyncedTo struct {
	// Number is that of the file, as in its name; 0 = nothing was noted.
	Number uint64
	Bytes  uint64
}

// SyncedSet has a note for each kind.
type SyncedSet [syncedKinds]SyncedTo

// Kinds of notes.
const (
	// SyncedLog is a write-ahead log, NUMBER.log.
	SyncedLog = iota
	// SyncedManifest is a manifest, MANIFEST-NUMBER.
	SyncedManifest
	// SyncedCurrent is the manifest that the file CURRENT names. Its Bytes are 0.
	SyncedCurrent
	syncedKinds
)

const (
	syncedLine = 60
	// SyncedSize is the length of the file in bytes.
	SyncedSize = syncedKinds * syncedLine
	// SyncedName is what the file is called.
	SyncedName = "synced"
)

// syncedNames are for people.
var syncedNames = [syncedKinds]string{"log", "manifest", "current"}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func syncedText(kind int, m SyncedTo) []byte {
	b := fmt.Appendf(nil, "%-8s %020d %020d ", syncedNames[kind], m.Number, m.Bytes)
	return fmt.Appendf(b, "%08x\n", crc32.Checksum(b, castagnoli))
}

// Text is what the file holds.
func (s *SyncedSet) Text() (b []byte) {
	for kind, m := range s {
		b = append(b, syncedText(kind, m)...)
	}
	return b
}

var errSynced = errors.New("its checksum does not fit")

// ParseSynced reads what Text has made, and nothing else.
func ParseSynced(b []byte) (s SyncedSet, err error) {
	if len(b) != SyncedSize {
		return SyncedSet{}, errSynced
	}
	for kind := range s {
		line := string(b[kind*syncedLine:][:syncedLine])
		m := &s[kind]
		m.Number, err = strconv.ParseUint(line[9:29], 10, 64)
		if err == nil {
			m.Bytes, err = strconv.ParseUint(line[30:50], 10, 64)
		}
		if err != nil || line != string(syncedText(kind, *m)) {
			return SyncedSet{}, errSynced
		}
	}
	return s, nil
}

// NewSynced returns notes that go on from s. When there is something to note, create makes the file that holds text in place of the
// one that is there, so that a crash leaves one of them; nothing is made before, since a store makes its directory itself.
func NewSynced(create func(text []byte) (SyncedFile, error), s SyncedSet) *Synced {
	return &Synced{create: create, of: s}
}

// set notes a note. What cannot be written stays what it was, and says less than it could: nobody has to know.
func (m *Synced) set(kind int, to SyncedTo) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of[kind] = to
	switch {
	case m.gave:
	case m.file != nil:
		m.file.WriteAt(syncedText(kind, to), int64(kind)*syncedLine) //nolint:errcheck // see above
	default:
		var err error
		m.file, err = m.create(m.of.Text())
		m.gave = err != nil
	}
}

// Close closes the file. Nothing is noted any more.
func (m *Synced) Close() error {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.file
	if m.gave = true; f == nil {
		return nil
	}
	m.file = nil
	return f.Close()
}

// Current notes that CURRENT names the manifest that was synced last.
func (m *Synced) Current() {
	m.mu.Lock()
	number := m.of[SyncedManifest].Number
	m.mu.Unlock()
	m.set(SyncedCurrent, SyncedTo{Number: number})
}

// Growing is a file that is written from its beginning, and may have a note. The zero Growing has none.
type Growing struct {
	synced  *Synced
	kind    int
	number  uint64
	written atomic.Uint64
}

// File returns what follows the file named name, which is written from its beginning. Nil m is one without notes.
func (m *Synced) File(name string) *Growing {
	base := filepath.Base(name)
	if number, ok := strings.CutSuffix(base, ".log"); ok {
		return m.follow(SyncedLog, number)
	}
	if number, ok := strings.CutPrefix(base, "MANIFEST-"); ok {
		return m.follow(SyncedManifest, number)
	}
	return &Growing{}
}

func (m *Synced) follow(kind int, number string) *Growing {
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil || m == nil {
		return &Growing{}
	}
	return &Growing{synced: m, kind: kind, number: n}
}

// Wrote counts bytes that were written at the end of the file.
func (f *Growing) Wrote(n int) { f.written.Add(uint64(max(0, n))) }

// Sync syncs the file, and notes what was written before.
func (f *Growing) Sync(sync func() error) error {
	n := f.written.Load()
	err := sync()
	if err == nil && f.synced != nil {
		f.synced.set(f.kind, SyncedTo{f.number, n})
	}
	return err
}
