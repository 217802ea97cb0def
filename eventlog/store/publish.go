package store

import (
	"bytes"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// published are the records that the batch being built changes: their values by key, empty for one that is gone. What
// else there is, is read from the store.
type published map[string][]byte

// applyRecord takes the record of an append that is stored, if it brings one.
func (sh *Shard) applyRecord(b *pebble.Batch, it *item) error {
	switch {
	case it.has(extraNoRecord):
		return sh.publish(b, it.addr, nil)
	case it.has(extraRecord):
		return sh.publish(b, it.addr, &it.record)
	}
	return nil
}

// publish replaces the record of a by p, nil = none, and makes the index and the count agree with it.
func (sh *Shard) publish(b *pebble.Batch, a im.Address, p *public) error {
	key := addressKey(nil, tableRecord, sh.id, a)
	old, err := sh.record(key)
	if err != nil || old == nil && p == nil {
		return err
	}
	if err := sh.reindex(b, a, old, p); err != nil {
		return err
	}
	if err := sh.recount(a, old, p); err != nil {
		return err
	}
	if p == nil {
		sh.published[string(key)] = nil
		return b.Delete(key, nil)
	}
	v := appendPublic(nil, p)
	sh.published[string(key)] = v
	return b.Set(key, v, nil)
}

// record returns the record at key, from the batch being built or the store, nil when there is none.
func (sh *Shard) record(key []byte) (*public, error) {
	v, found := sh.published[string(key)]
	if found {
		found = len(v) > 0
	} else {
		var err error
		v, found, err = get(sh.s.db, key, func(v []byte) ([]byte, error) { return bytes.Clone(v), nil })
		if err != nil {
			return nil, err
		}
	}
	if !found {
		return nil, nil
	}
	p := new(public)
	return p, decodePublic(v, p)
}

// reindex takes from the index what old has and p has not, and adds what only p has. Both lists of fields are sorted by
// name; a field that stays costs nothing.
func (sh *Shard) reindex(b *pebble.Batch, a im.Address, old, p *public) error {
	var had, has []field
	if old != nil {
		had = old.fields
	}
	if p != nil {
		has = p.fields
	}
	var errs error
	drop := func(f *field) {
		sh.key = indexKey(sh.key[:0], sh.id, a, f)
		errs = errors.Join(errs, b.Delete(sh.key, nil))
	}
	add := func(f *field) {
		sh.key = indexKey(sh.key[:0], sh.id, a, f)
		errs = errors.Join(errs, b.Set(sh.key, indexValue, nil))
	}
	for len(had) > 0 || len(has) > 0 {
		switch c := compareNames(had, has); {
		case c < 0:
			drop(&had[0])
			had = had[1:]
		case c > 0:
			add(&has[0])
			has = has[1:]
		default:
			if !bytes.Equal(had[0].text, has[0].text) {
				drop(&had[0])
				add(&has[0])
			}
			had, has = had[1:], has[1:]
		}
	}
	return errs
}

// compareNames compares the first names of two lists; a list that is at its end comes last.
func compareNames(a, b []field) int {
	switch {
	case len(a) == 0:
		return 1
	case len(b) == 0:
		return -1
	}
	return bytes.Compare(a[0].name, b[0].name)
}

// recount keeps the number of records of a's app and kind.
func (sh *Shard) recount(a im.Address, old, p *public) error {
	if (old == nil) == (p == nil) {
		return nil
	}
	sh.key = countKey(sh.key[:0], sh.id, a.App, a.Kind)
	n, err := read(sh, sh.counts, sh.key)
	switch {
	case err != nil:
		return err
	case old == nil:
		n++
	case n == 0:
		return errCorrupt
	default:
		n--
	}
	sh.counts.set(sh.key, n)
	return nil
}
