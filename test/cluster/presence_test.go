package cluster

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/servertest"
)

// couple is jerry, who stays and hears of tom, his friend.
type couple struct {
	jerry *ear
	tom   string
	// session is tom's.
	session *ear
	// was is what tom has been, in order, as far as there was time to hear of it: "online tom", "offline tom".
	was []string
}

// hears waits until the last that jerry heard is so.
func (p *couple) hears(event string) {
	p.jerry.t.Helper()
	p.was = append(p.was, event+" "+p.tom)
	servertest.Eventually(p.jerry.t, p.jerry.name+" hears last: "+event+" "+p.tom, func() bool {
		all := p.jerry.all()
		return p.jerry.isCut() || len(all) > 0 && all[len(all)-1] == p.was[len(p.was)-1]
	})
}

// isCut reports whether the session has ended. The server cuts who may have missed something, after an election that took long.
func (e *ear) isCut() bool {
	select {
	case <-e.Done():
		return true
	default:
		return false
	}
}

// check reports what jerry heard that was not so. What is true may be heard twice.
func (p *couple) check() {
	p.jerry.t.Helper()
	if p.jerry.isCut() {
		p.jerry.t.Logf("%s was cut", p.jerry.name)
		return
	}
	if got := slices.Compact(p.jerry.all()); !slices.Equal(got, p.was) {
		p.jerry.t.Errorf("%s heard\n %s\nwant\n %s", p.jerry.name, strings.Join(got, "\n "), strings.Join(p.was, "\n "))
	}
}

// whoIsLed returns what finds a name for a user whose shard a node leads, as it is now.
func whoIsLed(t *testing.T, c *servertest.Cluster) func(by *servertest.Node, name string) string {
	t.Helper()
	leaders := map[uint32]*servertest.Node{}
	return func(by *servertest.Node, name string) string {
		t.Helper()
		for i := range 1000 {
			id := fmt.Sprint(name, i)
			shard := uint32(im.User(servertest.App, im.UserID(id)).Shard(16))
			if leaders[shard] == nil {
				leaders[shard] = c.Leader(shard)
			}
			if leaders[shard] == by {
				return id
			}
		}
		t.Fatalf("%s leads nobody", by.Name)
		return ""
	}
}

// While leaders are balanced among nodes that have just started, so that one actor after the other moves, users come and go
// whom a friend hears of on another node. Each friend hears that its user came, and that it went, and nothing else.
func TestPresence_IsHeardWhileActorsMove(t *testing.T) {
	t.Parallel()
	c := servertest.StartCluster(t, 3)
	n := c.Nodes
	var all []*couple
	for i := range 60 {
		j, k := fmt.Sprint("jerry", i), fmt.Sprint("tom", i)
		befriend(t, n[0], j, k)
		p := &couple{jerry: visit(t, n[i%3], j), tom: k}
		tom := visit(t, n[(i+1)%3], k)
		p.hears("online")
		tom.Cut()
		all = append(all, p)
	}
	for _, p := range all {
		p.hears("offline")
	}
	for _, p := range all {
		p.check()
	}
}

// The node that leads the shards of users is killed: of some who stay on another node; of some whose last session goes a moment
// before, or a moment after, so that no owner ever told it; and of some whose sessions die with it. In the end each friend who
// stays knows who is there and who is not, whether its own actor has moved or not; of who stayed it hears nothing.
func TestKill_PresenceComesTrue(t *testing.T) {
	c := servertest.StartCluster(t, 3)
	c.AwaitBalance()
	victim, there := c.Nodes[0], c.Nodes[1:]
	find := whoIsLed(t, c)
	var stay, before, after, die []*couple
	for i := range 3 {
		for _, by := range []*servertest.Node{victim, there[1]} {
			meet := func(name string, on *servertest.Node) *couple {
				name = fmt.Sprint(name, i, by.Name, "-")
				p := &couple{tom: find(victim, "tom-"+name)}
				j := find(by, "jerry-"+name)
				befriend(t, there[0], j, p.tom)
				p.jerry, p.session = visit(t, there[1], j), visit(t, on, p.tom)
				p.hears("online")
				return p
			}
			stay = append(stay, meet("stays", there[i%2]))
			before = append(before, meet("goes", there[i%2]))
			after = append(after, meet("follows", there[i%2]))
			die = append(die, meet("dies", victim))
		}
	}
	for _, p := range before {
		p.session.Cut()
	}
	victim.Kill()
	for _, p := range after {
		p.session.Cut()
	}
	for _, p := range slices.Concat(before, after, die) {
		p.hears("offline")
	}
	for _, p := range stay {
		if p.session.isCut() {
			p.hears("offline")
		}
	}
	for _, p := range slices.Concat(stay, before, after, die) {
		p.check()
	}
}
