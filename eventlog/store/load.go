package store

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// Load returns what an activation of a starts from, all of one moment. A snapshot that is not there any more is
// replaced by the whole log, if that is still there, and the returned head then has none.
func (s *Store) Load(a im.Address) (_ im.Load, err error) {
	r, err := s.read(a)
	if err != nil {
		return im.Load{}, err
	}
	defer func() { err = errors.Join(err, r.end()) }()
	h, err := s.head(r, a)
	if err != nil || h.Seq == 0 {
		return im.Load{}, err
	}
	l := im.Load{Head: h.Head}
	if l.Snapshot, err = s.snapshot(r, a, &h); err != nil {
		return im.Load{}, err
	}
	if l.Snapshot == nil {
		l.Head.SnapSeq, l.Head.SnapTS = 0, 0
	}
	if l.Owed, err = s.owed(r, a); err != nil {
		return im.Load{}, err
	}
	return l, s.loadEntries(r, a, &h, &l)
}

// snapshot returns the state as of h.SnapSeq, nil when there is none or a part of it is missing.
func (s *Store) snapshot(r pebble.Reader, a im.Address, h *head) ([]byte, error) {
	if h.SnapSeq == 0 {
		return nil, nil
	}
	state := []byte{}
	for i := range h.snapParts {
		part, ok, err := get(r, snapshotKey(nil, s.ShardOf(a), a, h.SnapSeq, i), decodePart)
		if err != nil || !ok {
			return nil, err
		}
		state = append(state, part...)
	}
	return state, nil
}

// loadEntries adds the tail, and the untold entries before it.
func (s *Store) loadEntries(r *moment, a im.Address, h *head, l *im.Load) error {
	from, start := l.Head.SnapSeq+1, h.firstTS
	if l.Head.SnapSeq > 0 {
		start = l.Head.SnapTS
	}
	if l.Owed.First > 0 && l.Owed.First < from {
		from, start = l.Owed.First, h.firstTS
	}
	var entries []im.Entry
	err := s.walk(r, a, r.watermark, func(lg *log) error {
		return lg.forward(max(s.lengths.bucket(lg.class, start), r.watermark), from, func(e event) (bool, error) {
			entries = append(entries, e.kept())
			return true, nil
		})
	})
	if err != nil {
		return err
	}
	// What was carried, and is still in its bucket, is taken from there: that has the bodies.
	to := h.carriedLast
	if len(entries) > 0 {
		to = min(to, entries[0].Seq-1)
	}
	carried, err := s.carried(r, a, from, to)
	if err != nil {
		return err
	}
	return addEntries(l, a, from, append(carried, entries...))
}

// addEntries puts the entries from the given one to the last one of the log where they belong. None may be missing.
func addEntries(l *im.Load, a im.Address, from uint64, entries []im.Entry) error {
	for i := range entries {
		if want := from + uint64(i); entries[i].Seq != want {
			return fmt.Errorf("%w: %s has entry %d in place of %d", errCorrupt, a, entries[i].Seq, want)
		}
	}
	if last := from + uint64(len(entries)) - 1; last != l.Head.Seq {
		return fmt.Errorf("%w: %s ends with entry %d, its head says %d", errCorrupt, a, last, l.Head.Seq)
	}
	untold := int(min(uint64(len(entries)), l.Head.SnapSeq+1-from))
	if l.Tail = entries[untold:]; len(l.Tail) == 0 {
		l.Tail = nil
	}
	if l.Untold = entries[:untold:untold]; untold == 0 {
		l.Untold = nil
	}
	return nil
}
