package logtest

import (
	"context"
	"fmt"
	"testing"

	"github.com/parley-im/parley/im"
)

// testPages pages through a history that begins before the window and lies in many buckets, several messages in each, with facts between
// them: by number, by stamp and by both. Each message that is not too old comes once, and a page is what a plain look at all of
// them gives.
func testPages(t *testing.T, b *bench) {
	const step = day / 4
	w := b.writer(t)
	var all []im.Entry // newest first
	for ts := now - 9*day; ts < now; ts += step {
		w.ts = ts
		stored := w.store(w.message(""), w.fact(), w.message(""))
		if ts >= now-7*day {
			all = append(all, stored[0], stored[2])
		}
	}
	all = reversed(all)
	for _, limit := range []int{1, 4, 100} {
		for by, next := range map[string]func(last im.Entry) im.Before{
			"number": func(last im.Entry) im.Before { return im.Before{N: last.N} },
			"stamp":  func(last im.Entry) im.Before { return im.Before{TS: last.TS} },
			"both":   func(last im.Entry) im.Before { return im.Before{TS: last.TS, N: last.N} },
		} {
			wantEntries(t, fmt.Sprintf("pages of %d by %s", limit, by), w.pages(limit, next), all)
		}
	}
	last := all[0].N
	for n := uint64(0); n <= last+2; n++ {
		for _, ts := range []im.Millis{0, all[0].TS, now - 3*day, now - 7*day, now - 8*day} {
			before := im.Before{TS: ts, N: n}
			wantEntries(t, fmt.Sprintf("%+v", before), w.page(before, 3), pick(all, before, 3))
		}
	}
	wantEntries(t, "before the highest number", w.page(im.Before{N: 1<<64 - 1}, 1), all[:1])
}

// pages reads a history to its begin; next says what bounds the page after one that ends with last.
func (w *writer) pages(limit int, next func(last im.Entry) im.Before) (all []im.Entry) {
	w.t.Helper()
	for page := w.page(im.Before{}, limit); len(page) > 0; page = w.page(next(page[len(page)-1]), limit) {
		all = append(all, page...)
	}
	return all
}

func (w *writer) page(before im.Before, limit int) []im.Entry {
	w.t.Helper()
	page, err := w.b.log.History(context.Background(), w.addr, before, limit)
	if err != nil {
		w.t.Fatalf("history before %+v: %v", before, err)
	}
	return page
}

// pick is the plain way to a page of what is newest first.
func pick(all []im.Entry, before im.Before, limit int) (page []im.Entry) {
	for _, e := range all {
		if before.Admits(e.TS, e.N) && len(page) < limit {
			page = append(page, e)
		}
	}
	return page
}
