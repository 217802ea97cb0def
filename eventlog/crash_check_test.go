package eventlog_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// conversation is what a client remembers of one address over all crashes: what was acknowledged, and where.
type conversation struct {
	addr im.Address

	mu sync.Mutex
	// acked maps the body of an acknowledged entry to its seq.
	acked map[string]uint64
	// told is the highest cursor that was ever handed to the log.
	told uint64
	// drawn makes bodies unique over all attempts.
	drawn int
}

// state is what a snapshot holds: the fold of entries 1..seq.
func state(entries []im.Entry) []byte {
	h := fnv.New64a()
	for _, e := range entries {
		h.Write(e.Body)
	}
	return h.Sum(nil)
}

// check reports what the log has lost, doubled or muddled of c.
func (c *conversation) check(l *eventlog.Log) error {
	entries, err := l.Read(context.Background(), c.addr, 0, math.MaxInt)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := checkOrder(entries); err != nil {
		return fmt.Errorf("%s: %w", c.addr, err)
	}
	if err := checkAcked(entries, c.acked); err != nil {
		return fmt.Errorf("%s: %w", c.addr, err)
	}
	if err := c.checkRecord(l, len(entries)); err != nil {
		return fmt.Errorf("%s: %w", c.addr, err)
	}
	if err := c.checkLoad(l, entries); err != nil {
		return fmt.Errorf("%s: %w", c.addr, err)
	}
	return c.checkLookup(l, entries)
}

// recordAt is the record that comes with every append: it says where the log ends.
func recordAt(seq uint64) *im.Record {
	return &im.Record{TS: im.Millis(seq), Fields: []im.Field{{Name: "seq", Type: im.NumberField, Text: fmt.Sprint(seq)}}}
}

// checkRecord: a search finds the record of the last append, and by no earlier one.
func (c *conversation) checkRecord(l *eventlog.Log, entries int) error {
	for seq := max(1, entries-4); seq <= entries; seq++ {
		q := im.Query{App: c.addr.App, Kind: c.addr.Kind, Limit: 1000, Where: []im.Condition{{Name: "seq", Text: fmt.Sprint(seq)}}}
		keys, _, err := l.SearchKeys(context.Background(), q, []im.ShardID{l.ShardOf(c.addr)}, nil, q.Limit)
		if err != nil {
			return err
		}
		all, err := l.Records(context.Background(), q.App, q.Kind, keys)
		if err != nil {
			return err
		}
		found := slices.ContainsFunc(all, func(f im.Found) bool { return f.ID == c.addr.ID && f.TS == im.Millis(seq) })
		if found != (seq == entries) {
			return fmt.Errorf("the record of seq %d of %d is lost or not replaced: %v", seq, entries, all)
		}
	}
	return nil
}

// checkOrder: seq and n have no gaps, ts grows, nothing is there twice.
func checkOrder(entries []im.Entry) error {
	var n uint64
	var ts im.Millis
	seen := make(map[string]uint64)
	for i, e := range entries {
		if e.Seq != uint64(i)+1 {
			return fmt.Errorf("seq %d at place %d", e.Seq, i+1)
		}
		if e.N != 0 {
			if e.N != n+1 {
				return fmt.Errorf("n %d after %d", e.N, n)
			}
			n = e.N
		}
		if e.TS <= ts {
			return fmt.Errorf("ts %d after %d", e.TS, ts)
		}
		ts = e.TS
		if other, ok := seen[string(e.Body)]; ok {
			return fmt.Errorf("%q is stored twice, at %d and %d", e.Body, other, e.Seq)
		}
		seen[string(e.Body)] = e.Seq
	}
	return nil
}

// checkAcked: every acknowledged entry is where the acknowledgement said.
func checkAcked(entries []im.Entry, acked map[string]uint64) error {
	for _, body := range slices.Sorted(maps.Keys(acked)) {
		seq := acked[body]
		switch {
		case seq > uint64(len(entries)):
			return fmt.Errorf("acknowledged entry %d (%q) is lost: the log ends at %d", seq, body, len(entries))
		case string(entries[seq-1].Body) != body:
			return fmt.Errorf("acknowledged entry %d (%q) is lost: %q is in its place", seq, body, entries[seq-1].Body)
		}
	}
	return nil
}

func loadNow(l *eventlog.Log, a im.Address) (im.Load, error) {
	type answer struct {
		l   im.Load
		err error
	}
	c := make(chan answer, 1)
	l.Load(a, func(v im.Load, err error) { c <- answer{v, err} })
	v := <-c
	return v.l, v.err
}

// checkLoad: head, snapshot, tail and owed agree with the entries.
func (c *conversation) checkLoad(l *eventlog.Log, entries []im.Entry) error {
	ld, err := loadNow(l, c.addr)
	if err != nil {
		return err
	}
	snap := ld.Head.SnapSeq
	switch {
	case ld.Head.Seq != uint64(len(entries)):
		return fmt.Errorf("the head says %d, the log has %d entries", ld.Head.Seq, len(entries))
	case snap > 0 && string(ld.Snapshot) != string(state(entries[:snap])):
		return fmt.Errorf("the snapshot at %d is not the fold of the entries", snap)
	case uint64(len(ld.Tail)) != ld.Head.Seq-snap:
		return fmt.Errorf("a tail of %d entries after %d of %d", len(ld.Tail), snap, ld.Head.Seq)
	}
	for _, e := range entries {
		if e.Owes && e.Seq > c.told && (ld.Owed.First == 0 || e.Seq < ld.Owed.First || e.Seq > ld.Owed.Last) {
			return fmt.Errorf("entry %d was never told and is not owed: %+v", e.Seq, ld.Owed)
		}
	}
	return nil
}

// checkLookup: every id leads to its entry.
func (c *conversation) checkLookup(l *eventlog.Log, entries []im.Entry) error {
	var errs []error
	for _, e := range entries {
		if e.ID == "" {
			continue
		}
		at, ok, err := l.Lookup(c.addr, e.ID)
		if want := (im.StoredAt{Seq: e.Seq, N: e.N, TS: e.TS}); err != nil || !ok || at != want {
			errs = append(errs, fmt.Errorf("%s: id %s leads to %+v, %v, %w, want %+v", c.addr, e.ID, at, ok, err, want))
		}
	}
	return errors.Join(errs...)
}
