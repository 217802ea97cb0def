package store

import (
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// View is a shard as of one moment, to be saved while the shard goes on. As long as it is open, nothing is deleted of what it may
// still read: see Store.Reclaim.
type View struct {
	s    *Store
	id   im.ShardID
	snap *pebble.Snapshot
	// marks are those of the moment: what lies before the watermarks is no part of it.
	marks [len(classes)]Marks
	// err says why the marks are not known.
	err error
}

// View takes the present moment of the shard. The caller closes it.
func (sh *Shard) View() *View { return sh.s.View(sh.id) }

// View takes the present moment of shard id, whoever applies commands meanwhile. The caller closes it.
func (s *Store) View(id im.ShardID) *View {
	defer s.reads.end(s.reads.begin()) // until it is among the views
	v := &View{s: s, id: id, snap: s.db.NewSnapshot()}
	v.marks, v.err = marksIn(v.snap, id)
	s.views.add(v)
	return v
}

// Close releases what the view keeps from being reclaimed.
func (v *View) Close() error {
	defer v.s.views.remove(v)
	return v.snap.Close()
}

// Views returns the number of views that are open.
func (s *Store) Views() int {
	s.views.mu.Lock()
	defer s.views.mu.Unlock()
	return len(s.views.open)
}

// views are those that are open.
type views struct {
	mu   sync.Mutex
	open map[*View]struct{}
}

func (vs *views) init() { vs.open = make(map[*View]struct{}) }

func (vs *views) add(v *View) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	vs.open[v] = struct{}{}
}

func (vs *views) remove(v *View) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	delete(vs.open, v)
}

// need reports whether one of them reads what lies before a watermark of class c.
func (vs *views) need(c Class, watermark im.Millis) bool {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	for v := range vs.open {
		if v.marks[c].Watermark < watermark {
			return true
		}
	}
	return false
}
