package cluster

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/ledger"
)

// busyGroup is a party of one group, whose members talk at a steady rate on the nodes that are given turns, under the eyes of a
// lookout on each node.
type busyGroup struct {
	*party
	pulse    *pulse
	lookouts []*lookout
	falls    []fall
	began    time.Time

	// turns are those of the members on a node; what nobody takes in time is lost.
	turns map[*servertest.Node]chan struct{}
	// given are the turns of the nodes whose members talk.
	given atomic.Pointer[[]chan struct{}]
	// last is the node that was killed before the present one.
	last *servertest.Node
}

const (
	// busyMembers is how many members of a busy group are on each node. Each has one message under way, so they are more than the
	// rate needs.
	busyMembers = 4
	// spareTurns is how many turns wait on a node for members who are late.
	spareTurns = 8
)

func newBusyGroup(t *testing.T, c *servertest.Cluster) *busyGroup {
	t.Helper()
	b := &busyGroup{
		party: &party{t: t, cluster: c, book: &ledger.Book{}, start: make(chan struct{}), stop: make(chan struct{})},
		pulse: &pulse{}, turns: map[*servertest.Node]chan struct{}{}, began: time.Now(),
	}
	var names []string
	for i := range busyMembers * len(c.Nodes) {
		names = append(names, fmt.Sprintf("member%d", i+1))
	}
	b.group = found(t, c.Nodes[0], "/groups", map[string]any{"owner": names[0], "members": names})
	for i, n := range c.Nodes {
		b.turns[n] = make(chan struct{}, spareTurns)
		b.lookouts = append(b.lookouts, &lookout{name: fmt.Sprintf("lookout%d", i+1), node: n})
	}
	for i, name := range names {
		b.invite(name, c.Nodes[i%len(c.Nodes)], group(b.group), groupName)
		k := b.talkers[i]
		k.turns, k.acked = b.turns[k.node], b.pulse.beat
		for _, l := range b.lookouts {
			befriend(t, c.Nodes[0], name, l.name)
		}
	}
	b.give(c.Nodes)
	return b
}

// begin returns when all are connected, and talk.
func (b *busyGroup) begin() {
	b.t.Helper()
	ctx, end := context.WithCancel(b.t.Context())
	var running sync.WaitGroup
	b.t.Cleanup(func() {
		end()
		running.Wait()
	})
	for _, l := range b.lookouts {
		running.Go(func() { l.run(ctx) })
	}
	running.Go(func() { b.conduct(ctx) })
	servertest.Eventually(b.t, "all lookouts are connected", b.watched)
	b.party.begin()
}

// give lets the members on some nodes talk, and no others.
func (b *busyGroup) give(nodes []*servertest.Node) {
	var given []chan struct{}
	for _, n := range nodes {
		given = append(given, b.turns[n])
	}
	b.given.Store(&given)
}

// conduct gives busyRate turns a second until ctx ends.
func (b *busyGroup) conduct(ctx context.Context) {
	began := time.Now()
	tick := time.NewTicker(time.Second / busyRate)
	defer tick.Stop()
	for turn := 0; ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		for due := int(time.Since(began).Seconds() * busyRate); turn < due; turn++ {
			given := *b.given.Load()
			select {
			case given[turn%len(given)] <- struct{}{}:
			default: // all on this node are late
			}
		}
	}
}

// allConnected waits until all are, those too whose node has come back.
func (b *busyGroup) allConnected() {
	b.t.Helper()
	servertest.Eventually(b.t, "all are connected", func() bool {
		return b.watched() && !slices.ContainsFunc(b.talkers, func(k *talker) bool { return k.present() == nil })
	})
}

func (b *busyGroup) watched() bool {
	return !slices.ContainsFunc(b.lookouts, func(l *lookout) bool { return !l.connected() })
}

// present is the connection that k has, nil when it has none.
func (k *talker) present() *life {
	k.mu.Lock()
	defer k.mu.Unlock()
	if n := len(k.mu.lives); n > 0 && !k.mu.lives[n-1].ended {
		return k.mu.lives[n-1]
	}
	return nil
}

// pulse finds the longest pause between acknowledgements. Safe for concurrent use.
type pulse struct {
	mu      sync.Mutex
	last    time.Time
	longest time.Duration
}

func (p *pulse) beat() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.longest = max(p.longest, now.Sub(p.last))
	p.last = now
}

// reset begins a pause.
func (p *pulse) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last, p.longest = time.Now(), 0
}

// pause is the longest since reset, the one that lasts included.
func (p *pulse) pause() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.longest, time.Since(p.last))
}
