package eventlog_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// seats is how many nodes a trio has room for.
const seats = 6

// trio is a cluster of three nodes in this process, more or less where members come and go, each on a machine whose power can
// be cut, with ways between them that can be cut too.
type trio struct {
	t        *testing.T
	options  [seats]eventlog.Options
	machines [seats]atomic.Pointer[machine]
	ways     [seats][seats]*proxy // from one to another, between those that have come
	logs     [seats]atomic.Pointer[eventlog.Log]
	// patience is how long it waits for what must come; 0 means twice as long as other tests do.
	patience time.Duration
	// activations counts those of all writers.
	activations atomic.Uint64

	mu sync.Mutex
	// told is what OnLeader said last on each node.
	told [seats]map[im.ShardID][2]uint64
}

// seat gives node i a machine and ways to and from those that are there.
func (c *trio) seat(i int, shards uint32, change func(*eventlog.Options)) {
	c.machines[i].Store(newMachine(c.t))
	for j := range c.machines {
		if c.machines[j].Load() != nil {
			c.ways[i][j] = newProxy(c.t)
		}
		if c.machines[j].Load() != nil && i != j {
			c.ways[j][i] = newProxy(c.t)
		}
	}
	c.options[i] = c.nodeOptions(i, shards, change)
}

// form makes three directories that belong to one cluster, and starts them.
func form(t *testing.T, shards uint32, change func(*eventlog.Options)) *trio {
	t.Helper()
	c := &trio{t: t}
	members := make([]eventlog.Member, 3)
	var dirs [3]*eventlog.Directory
	for i := range dirs {
		c.seat(i, shards, change)
	}
	for i := range dirs {
		for j := range dirs {
			c.options[i].Peers = append(c.options[i].Peers, eventlog.Member{Name: c.options[j].Node, Raft: c.ways[i][j].addr()})
		}
		d, err := eventlog.Prepare(c.options[i])
		if err != nil {
			t.Fatal(err)
		}
		dirs[i] = d
		members[i] = eventlog.Member{
			Name: c.options[i].Node, Replica: uint64(i + 1), NodeHostID: d.NodeHostID(), Raft: "127.0.0.1:0",
		}
	}
	for i, d := range dirs {
		if err := d.Form("11111111-2222-4333-8444-555555555555", members); err != nil {
			t.Fatal(err)
		}
		c.take(i, d.Open)
	}
	t.Cleanup(c.killAll)
	c.spread()
	c.ready()
	return c
}

// spread has every node hear what the others say of the shards that they lead, until the test ends.
func (c *trio) spread() {
	var spreading sync.WaitGroup
	over := make(chan struct{})
	spreading.Go(func() {
		for tick := time.Tick(20 * time.Millisecond); ; {
			select {
			case <-over:
				return
			case <-tick:
			}
			for _, l := range c.live() {
				c.spreadViews(l)
			}
		}
	})
	c.t.Cleanup(func() {
		close(over)
		spreading.Wait()
	})
}

// spreadViews has those who do not vote in a shard that l leads hear what l says of it.
func (c *trio) spreadViews(l *eventlog.Log) {
	for _, v := range l.Views() {
		voting, _, _ := l.Membership(v.Shard)
		for _, other := range c.live() {
			if !slices.Contains(voting, other.Replica()) {
				other.Hear(v)
			}
		}
	}
}

func (c *trio) killAll() {
	for i := range c.logs {
		c.kill(i)
	}
}

func (c *trio) nodeOptions(i int, shards uint32, change func(*eventlog.Options)) eventlog.Options {
	o := c.machines[i].Load().options()
	o.Node, o.RaftAddr, o.Shards, o.ToldEvery = fmt.Sprintf("node%d", i+1), "127.0.0.1:0", shards, 50*time.Millisecond
	o.Tick(slowdown * 50) // as in life: elections of a busy machine come to no end with less
	c.told[i] = make(map[im.ShardID][2]uint64)
	o.OnLeader = func(s im.ShardID, leader, term uint64) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.told[i][s] = [2]uint64{leader, term}
	}
	if change != nil {
		change(&o)
	}
	return o
}

// take opens node i and the ways to and from it.
func (c *trio) take(i int, open func() (*eventlog.Log, error)) {
	c.t.Helper()
	l, err := open()
	if err != nil {
		c.t.Fatal(err)
	}
	c.logs[i].Store(l)
	for j := range c.ways {
		if other := c.logs[j].Load(); other != nil {
			c.ways[i][j].to(other.RaftAddr())
		}
		if c.ways[j][i] != nil {
			c.ways[j][i].to(l.RaftAddr())
		}
	}
}

// start starts node i again.
func (c *trio) start(i int) {
	c.t.Helper()
	o := c.options[i]
	m := c.machines[i].Load().options()
	o.RaftFS, o.StoreFS = m.RaftFS, m.StoreFS
	c.take(i, func() (*eventlog.Log, error) { return eventlog.Open(o) })
}

// cutOff lets nothing pass to or from node i any more.
func (c *trio) cutOff(i int) {
	for j := range c.ways {
		if c.ways[i][j] != nil {
			c.ways[i][j].close()
			c.ways[j][i].close()
		}
	}
}

// kill cuts node i off and ends it. To the others it is gone without a word.
func (c *trio) kill(i int) {
	c.t.Helper()
	if l := c.logs[i].Swap(nil); l != nil {
		c.cutOff(i)
		if err := l.Close(); err != nil {
			c.t.Error(err)
		}
	}
}

// live returns the nodes that are up.
func (c *trio) live() []*eventlog.Log {
	var all []*eventlog.Log
	for i := range c.logs {
		if l := c.logs[i].Load(); l != nil {
			all = append(all, l)
		}
	}
	return all
}

// ready waits until the nodes that are up have all that was committed.
func (c *trio) ready() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	for _, l := range c.live() {
		for err := l.Ready(ctx); err != nil; err = l.Ready(ctx) {
			if ctx.Err() != nil {
				c.t.Fatal(err)
			}
		}
	}
}

// leader waits until a node that is up leads shard s.
func (c *trio) leader(s im.ShardID) (leader *eventlog.Log, node int) {
	c.t.Helper()
	c.eventually(fmt.Sprintf("shard %d has no leader", s), func() bool {
		leader, node, _ = c.leads(s)
		return leader != nil
	})
	return leader, node
}

// leads returns the node that leads shard s by its own account, nil when there is none.
func (c *trio) leads(s im.ShardID) (leader *eventlog.Log, node int, term uint64) {
	for i := range c.logs {
		l := c.logs[i].Load()
		if l == nil {
			continue
		}
		if r, t, ok := l.Leader(s); ok && r == l.Replica() && t > term {
			leader, node, term = l, i, t
		}
	}
	return leader, node, term
}

// store appends a message to an address, wherever that is led, until it is stored, and returns its seq.
func (c *trio) store(a im.Address) (seq uint64) {
	c.t.Helper()
	c.eventually(fmt.Sprintf("nothing is stored of %s", a), func() bool {
		l, _ := c.leader(a.Shard(c.options[0].Shards))
		before, err := l.Read(context.Background(), a, 0, 1000)
		seq = uint64(len(before)) + 1
		return err == nil && say(c.t, l, a, seq-1) == im.Stored
	})
	return seq
}

// eventually waits until it is so.
func (c *trio) eventually(otherwise string, so func() bool) {
	c.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(max(c.patience, 2*patience)); !so(); {
		select {
		case <-tick.C:
		case <-deadline:
			c.t.Fatal(otherwise)
		}
	}
}

// sameEverywhere waits until all nodes that are up, two or more, have the same, byte by byte.
func (c *trio) sameEverywhere() {
	c.t.Helper()
	c.ready()
	for s := range im.ShardID(c.options[0].Shards + 1) {
		c.eventually(fmt.Sprintf("the stores differ in shard %d", s), func() bool {
			var digests []string
			for _, l := range c.live() {
				if !l.Holds(s) {
					continue
				}
				d, err := l.Digest(s)
				if err != nil {
					c.t.Fatal(err)
				}
				digests = append(digests, d)
			}
			return len(digests) > 1 && len(slices.Compact(digests)) == 1
		})
	}
}

// check reports what any node has lost, doubled or muddled.
func (c *trio) check(convs []*conversation) {
	c.t.Helper()
	c.ready()
	for _, l := range c.live() {
		for _, conv := range convs {
			if !l.Holds(conv.addr.Shard(c.options[0].Shards)) {
				continue
			}
			var err error
			c.eventually(fmt.Sprintf("%s cannot be read", conv.addr), func() bool {
				err = conv.check(l)
				return im.KindOf(err) != im.Unavailable // an election may come in between
			})
			if err != nil {
				c.t.Errorf("%s: %v", l.RaftAddr(), err)
			}
		}
	}
}

// write appends to a conversation, wherever it is led, until stop is closed. What was not stored it forgets.
func (c *trio) write(conv *conversation, rng *rand.Rand, stop <-chan struct{}) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		l, node, term := c.leads(conv.addr.Shard(c.options[0].Shards))
		if l == nil {
			continue
		}
		epoch := im.Epoch{Term: term, Activation: c.activations.Add(1)}
		ld, err := loadNow(l, conv.addr)
		for head := ld.Head; err == nil; {
			select {
			case <-stop:
				return
			default:
			}
			err = c.burst(l, c.machines[node].Load(), conv, rng, epoch, &head)
		}
	}
}

// burst has four appends under way at once.
func (c *trio) burst(
	l *eventlog.Log, m *machine, conv *conversation, rng *rand.Rand, epoch im.Epoch, head *im.Head,
) (err error) {
	outcomes := make(chan im.Outcome, 4)
	sent := 0
	for range cap(outcomes) {
		batch := conv.draw(rng, head)
		err = l.Append(im.Append{
			Addr: conv.addr, Epoch: epoch, Expected: head.Seq - uint64(len(batch)), Entries: batch, Record: recordAt(head.Seq),
			Done: func(o im.Outcome) {
				if o == im.Stored {
					m.witness(func() { conv.ack(batch) })
				}
				outcomes <- o
			},
		})
		if err != nil {
			break
		}
		sent++
	}
	for range sent {
		if o := <-outcomes; o != im.Stored {
			err = fmt.Errorf("an append is %v", o)
		}
	}
	return err
}

// writers begins some writers; ended waits for them.
func (c *trio) writers(n int, rng *rand.Rand) (convs []*conversation, end func()) {
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for i := range n {
		conv := &conversation{addr: im.User("trio", im.UserID(fmt.Sprint("u", i))), acked: make(map[string]uint64)}
		convs = append(convs, conv)
		rng := rand.New(rand.NewPCG(rng.Uint64(), 0))
		clients.Go(func() { c.write(conv, rng, stop) })
	}
	end = sync.OnceFunc(func() {
		close(stop)
		clients.Wait()
	})
	c.t.Cleanup(end)
	return convs, end
}

// progress waits until each conversation has had n more appends acknowledged.
func (c *trio) progress(convs []*conversation, n int) {
	c.t.Helper()
	for _, conv := range convs {
		before := conv.acknowledged()
		c.eventually(fmt.Sprintf("%s does not go on", conv.addr), func() bool { return conv.acknowledged() >= before+n })
	}
}

func (c *conversation) acknowledged() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.acked)
}
