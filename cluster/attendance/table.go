package attendance

import (
	"slices"
	"strings"

	"github.com/parley-im/parley/im"
)

// table is what the owner of a shard knows of other nodes, in one term.
type table struct {
	// columns are those of the other nodes, by name.
	columns []*column
	// over is true once gathering has ended: who announces its table for the first time after that may have missed something.
	over bool
	// settled is true once what had to wait for it has been said.
	settled  bool
	queue    queue
	sleepers sleepers
	// certain is true once who is not there then has been away for long enough.
	certain bool
	// stop ends the timer of the gathering, or of becoming certain.
	stop func()
}

// column is what one other node has.
type column struct {
	node string
	// has holds what the node announced; nothing is not held.
	has map[im.Address]im.Interest
	// heard is true once all of the node's table has come, coming while parts of it do.
	heard, coming bool
	// down is true while the node's link is down.
	down bool
	// gone is true once the node was lost after gathering, so that friends were told that its users went.
	gone bool
	// lost is what the node had when its link went down. For some time, what is delivered to those is not done: see
	// DESIGN.md, "A hub that was left out". nil = nothing.
	lost map[im.Address]im.Interest
	// losses counts how often there was something.
	losses uint64
	// held are deliveries that wait until lost is forgotten.
	held []*tally
	// forget ends the timer of that.
	forget func()
}

func newTable(peers []string, isDown func(string) bool) *table {
	t := &table{stop: func() {}}
	for _, p := range peers {
		t.column(p).down = isDown(p)
	}
	return t
}

// column returns that of a node, which it makes if there is none.
func (t *table) column(node string) *column {
	i, found := slices.BinarySearchFunc(t.columns, node, func(c *column, n string) int { return strings.Compare(c.node, n) })
	if !found {
		c := &column{node: node, has: map[im.Address]im.Interest{}, forget: func() {}}
		t.columns = slices.Insert(t.columns, i, c)
	}
	return t.columns[i]
}

// complete reports whether nobody is waited for.
func (t *table) complete() bool {
	return !slices.ContainsFunc(t.columns, func(c *column) bool { return !c.heard && !c.down })
}

// having returns the nodes that have something of addr.
func (t *table) having(addr im.Address) (nodes []string) {
	for _, c := range t.columns {
		if c.has[addr].Entered {
			nodes = append(nodes, c.node)
		}
	}
	return nodes
}

// drop forgets what the node has, and returns it.
func (c *column) drop() map[im.Address]im.Interest {
	had := c.has
	c.has = map[im.Address]im.Interest{}
	c.heard, c.coming = false, false
	return had
}

// found forgets what was lost, and returns the deliveries that waited for that.
func (c *column) found() []*tally {
	held := c.held
	c.forget()
	c.lost, c.held, c.forget = nil, nil, func() {}
	return held
}

// end stops the timers, and returns what waits, which is for the next owner.
func (t *table) end() (held []*tally, waiting []said) {
	t.stop()
	for _, c := range t.columns {
		held = append(held, c.found()...)
	}
	return held, t.queue.take()
}
