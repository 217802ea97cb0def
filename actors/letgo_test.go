package actors

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/parley-im/parley/im"
)

// An owner's table of children gives its memory back when most of them have gone, and keeps who is left.
//
// Checked by breaking it: without the maps.Copy in shrink the one who is left is lost, and with maps.Clone, which keeps the
// table's size, 73 bytes remain of each who was there.
func TestOwner_TableShrinksWithTheCrowd(t *testing.T) {
	const users = 100_000
	o := newOwner(NewHost(Options{}), 1, 1)
	empty := liveHeap()
	for i := range users {
		addr := im.User("app", im.UserID(fmt.Sprint("user", i)))
		o.children[addr] = &child{}
		o.most = max(o.most, len(o.children))
	}
	full := liveHeap()
	if full-empty < 50*users {
		t.Fatalf("a table of %d takes %d bytes: the test would prove nothing", users, full-empty)
	}
	stays := im.User("app", "user7")
	for addr := range o.children {
		if addr != stays {
			delete(o.children, addr)
		}
	}
	o.shrink()
	if kept := liveHeap() - empty; kept > 10*users {
		t.Errorf("%d bytes remain of a crowd of %d", kept, users)
	}
	if len(o.children) != 1 || o.children[stays] == nil {
		t.Errorf("children = %v, want %v alone", o.children, stays)
	}
}

// A table that is not much too large stays as it is, so that a few who come and go cost nothing.
func TestOwner_TableStaysWhileItIsNotTooLarge(t *testing.T) {
	for _, c := range []struct{ most, left, want int }{
		{fewChildren, 0, fewChildren},
		{1000, 250, 1000},
		{1000, 249, 249},
	} {
		o := &owner{most: c.most, children: map[im.Address]*child{}}
		for i := range c.left {
			o.children[im.User("app", im.UserID(fmt.Sprint(i)))] = &child{}
		}
		if o.shrink(); o.most != c.want {
			t.Errorf("a table for %d with %d children is made for %d, want %d", c.most, c.left, o.most, c.want)
		}
	}
}

// liveHeap returns the bytes that are alive.
func liveHeap() int64 {
	for range 3 { // a sync.Pool holds what it has for two collections
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // far below 8 EiB
}
