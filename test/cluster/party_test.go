package cluster

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/ledger"
)

// party is a group and some pairs of friends that talk on the nodes of a cluster while it is disturbed.
type party struct {
	t       *testing.T
	cluster *servertest.Cluster
	book    *ledger.Book
	group   string
	talkers []*talker

	start, stop chan struct{}
	leave       context.CancelFunc
	talking     sync.WaitGroup
}

// groupName is what the book knows the group by; a pair is known by both names.
const groupName = "the group"

// pairs is how many pairs of friends a party has. Their conversations are spread over the shards.
const pairs = 6

// newParty makes the group, with two members on each node, and the pairs, whose friends are on different nodes. Nobody is
// connected.
func newParty(t *testing.T, c *servertest.Cluster) *party {
	t.Helper()
	p := &party{t: t, cluster: c, book: &ledger.Book{}, start: make(chan struct{}), stop: make(chan struct{})}
	var names []string
	for i := range 2 * len(c.Nodes) {
		names = append(names, fmt.Sprintf("member%d", i+1))
	}
	p.group = found(t, c.Nodes[0], "/groups", map[string]any{"owner": names[0], "members": names})
	for i, name := range names {
		p.invite(name, c.Nodes[i%len(c.Nodes)], group(p.group), groupName)
	}
	for i := range pairs {
		a, b := fmt.Sprintf("tom%d", i+1), fmt.Sprintf("jerry%d", i+1)
		befriend(t, c.Nodes[0], a, b)
		p.invite(a, c.Nodes[i%len(c.Nodes)], friend(b), a+" "+b)
		p.invite(b, c.Nodes[(i+1)%len(c.Nodes)], friend(a), a+" "+b)
	}
	return p
}

func (p *party) invite(name string, n *servertest.Node, to client.To, conversation string) {
	p.talkers = append(p.talkers, &talker{name: name, node: n, to: to, book: p.book, conversation: conversation})
}

// begin returns when all are connected, and talk.
func (p *party) begin() {
	p.t.Helper()
	ctx, leave := context.WithCancel(p.t.Context())
	p.leave = leave
	p.t.Cleanup(func() { // also when the test ends early
		leave()
		p.begun()
		p.talking.Wait()
	})
	for _, k := range p.talkers {
		p.talking.Go(func() { k.run(ctx, p.start, p.stop) })
	}
	servertest.Eventually(p.t, "all are connected", func() bool {
		return !slices.ContainsFunc(p.talkers, func(k *talker) bool { return k.connected() == 0 })
	})
	p.begun()
}

func (p *party) begun() {
	select {
	case <-p.start:
	default:
		close(p.start)
	}
}

// talk returns when so many messages more were acknowledged.
func (p *party) talk(more int) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), servertest.Patience)
	defer cancel()
	acks, _ := p.book.Counts()
	if err := p.book.Await(ctx, acks+more, 0); err != nil {
		p.t.Fatal(err)
	}
}

// leader is the node that leads the shard of the group.
func (p *party) leader() *servertest.Node {
	p.t.Helper()
	return p.cluster.Leader(p.shard())
}

// shard is the shard of the group.
func (p *party) shard() uint32 {
	const shards = 16 // the default
	return uint32(im.Group(servertest.App, im.GroupID(p.group)).Shard(shards))
}

// on returns the talkers of some nodes.
func (p *party) on(nodes ...*servertest.Node) (list []*talker) {
	for _, k := range p.talkers {
		if slices.Contains(nodes, k.node) {
			list = append(list, k)
		}
	}
	return list
}

// cut counts the connections of these talkers that ended though nobody wanted that.
func cut(talkers []*talker) (n int) {
	for _, k := range talkers {
		n += k.cut()
	}
	return n
}

// stayed checks that those on nodes that were not disturbed stayed connected since before so many were cut. A few may be: when a
// shard is without a leader for a second, sessions of its users may have missed something, and are closed. On a machine that stands still
// now and then elections take that long, so that most of them stay is a matter of the soak.
func (p *party) stayed(others []*talker, before int) {
	p.t.Helper()
	n := cut(others) - before
	if n > 0 {
		p.t.Logf("%d of %d on other nodes lost their connection", n, len(others))
	}
	if n > len(others)/2 && os.Getenv("PARLEY_SOAK") != "" {
		p.t.Error("that is most of them")
	}
}

// worst returns the longest time that a message of these talkers took, and forgets it.
func worst(talkers []*talker) (longest time.Duration) {
	for _, k := range talkers {
		k.mu.Lock()
		longest = max(longest, k.mu.worst)
		k.mu.worst = 0
		k.mu.Unlock()
	}
	return longest
}

// end lets everybody finish, waits until all have heard all, and compares what was acknowledged and heard with the histories
// that each of the nodes has.
func (p *party) end() {
	p.t.Helper()
	close(p.stop)
	servertest.Eventually(p.t, "everything was acknowledged", func() bool {
		_, open := p.book.Counts()
		return open == 0
	})
	histories := map[string][]ledger.Record{}
	for _, k := range p.talkers {
		if _, read := histories[k.conversation]; !read {
			histories[k.conversation] = p.history(k)
		}
	}
	for _, k := range p.talkers {
		p.await(k, histories[k.conversation])
	}
	p.leave()
	p.talking.Wait()
	p.check(histories)
}

// await waits until k has heard all. If it never does, check says what it misses.
func (p *party) await(k *talker, history []ledger.Record) {
	deadline := time.After(servertest.Patience / 3)
	tick := time.NewTicker(breath)
	defer tick.Stop()
	for !k.upToDate(history) {
		select {
		case <-tick.C:
		case <-deadline:
			return
		}
	}
}

func (p *party) check(histories map[string][]ledger.Record) {
	p.t.Helper()
	var faults []error
	for conversation, history := range histories {
		for _, f := range ledger.Check(p.book.Sent(conversation), history) {
			faults = append(faults, fmt.Errorf("%s: %w", conversation, f))
		}
	}
	for _, k := range p.talkers {
		faults = append(faults, k.check(histories[k.conversation])...)
	}
	const most = 20
	for i, f := range faults {
		if i == most {
			p.t.Errorf("and %d more", len(faults)-most)
			return
		}
		p.t.Error(f)
	}
}

// history reads a conversation from every node that runs, by time and by number; they must agree.
func (p *party) history(k *talker) (history []ledger.Record) {
	p.t.Helper()
	for i, n := range p.cluster.Nodes {
		got := read(p.t, n, k)
		if byNumber := readByNumber(p.t, n, k); !slices.Equal(got, byNumber) {
			p.t.Errorf("%s: %s has %d records, by number %d others", k.conversation, n.Name, len(got), len(byNumber))
		}
		if i > 0 && !slices.Equal(got, history) {
			p.t.Errorf("%s: %s has %d records, node1 has %d others", k.conversation, n.Name, len(got), len(history))
		}
		history = got
	}
	return history
}

func read(t *testing.T, n *servertest.Node, k *talker) []ledger.Record {
	t.Helper()
	var records []client.Record
	var err error
	if k.to.Type == client.Group {
		records, err = rest(n).GroupHistory(t.Context(), k.to.ID)
	} else {
		records, err = rest(n).History(t.Context(), k.name, k.to.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return recordsOf(records)
}

func readByNumber(t *testing.T, n *servertest.Node, k *talker) []ledger.Record {
	t.Helper()
	route := "/groups/" + k.to.ID + "/chats"
	if k.to.Type != client.Group {
		route = "/ctx/" + k.name + "/friends/" + k.to.ID + "/chats"
	}
	records, err := rest(n).ChatsByNumber(t.Context(), route)
	if err != nil {
		t.Fatal(err)
	}
	return recordsOf(records)
}

func recordsOf(records []client.Record) (out []ledger.Record) {
	for _, m := range records {
		out = append(out, ledger.Record{N: m.N, TS: m.TS, Speaker: m.Speaker, Body: m.Text()})
	}
	return out
}

// refusals counts the answers of all talkers that were no success, by code.
func (p *party) refusals() map[int]int {
	all := map[int]int{}
	for _, k := range p.talkers {
		k.mu.Lock()
		for code, n := range k.mu.refusals {
			all[code] += n
		}
		k.mu.Unlock()
	}
	return all
}
