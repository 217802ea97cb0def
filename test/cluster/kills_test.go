package cluster

import (
	"os"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
)

const (
	// busyRate is how many messages a second a busy group has.
	busyRate = 200
	// aimedPause and mostPause are how long at most nothing should be, and may be, acknowledged when a node is killed.
	aimedPause, mostPause = time.Second, 2 * time.Second
)

// The node that leads a busy group's shard is killed with SIGKILL, comes back, and whichever leads it by then is killed, three
// times or, with PARLEY_SOAK, twenty times. The members on the two other nodes say 200 messages a second meanwhile. They go on
// soon: with PARLEY_SOAK in two seconds, each time. In the end nothing that was acknowledged is lost or doubled, all nodes
// have one order, and each connection has heard all that was acknowledged from its begin to its end. Of users who stay connected
// on the two other nodes, friends hear neither that they go nor that they come.
//
// Checked by breaking it: when what is owed is not told again (actors/load.go: owe) some were connected and never heard; when
// an owner takes over nobody's sessions (actors/attend.go: settled) friends hear that users come who were there.
func TestKills_OfABusyGroupsLeader(t *testing.T) {
	c := servertest.StartCluster(t, 3)
	b := newBusyGroup(t, c)
	b.begin()
	soak := os.Getenv("PARLEY_SOAK") != ""
	kills, acks := 3, busyRate
	if soak {
		kills, acks = 20, 3*busyRate
	}
	for range kills {
		if soak {
			c.AwaitBalance() // or leaders move for other reasons, too
		}
		b.falls = append(b.falls, b.kill(acks))
	}
	b.end()
	if soak {
		b.judge()
		b.report()
	}
}

// fall is what is known of one kill.
type fall struct {
	node string
	// rate is how many messages a second were acknowledged before, usual the longest pause between two of them.
	rate  float64
	usual time.Duration
	// pause is the longest time without an acknowledgement, from the kill on; wait the longest that one message took.
	pause, wait time.Duration
	// back is how long the node took to be ready again, and later the longest pause from when it was.
	back, later time.Duration
	// cut counts the connections of members on other nodes that ended.
	cut int
}

// kill kills the leader, in the middle of at least so many acknowledgements before, as many without it and as many after.
func (b *busyGroup) kill(acks int) (f fall) {
	b.t.Helper()
	victim := b.warm(acks, &f)
	others := b.on(b.cluster.Others(victim)...)
	worst(b.talkers)
	watch := b.watch(victim)
	before := cut(others)
	b.pulse.reset()
	victim.Kill()
	b.talk(acks)
	f.pause, f.wait = b.pulse.pause(), worst(others)

	began := time.Now()
	victim.Restart()
	f.back = time.Since(began)
	b.pulse.reset()
	b.talk(acks)
	b.allConnected()
	f.later, f.cut = b.pulse.pause(), cut(others)-before
	b.t.Logf("%s was killed at %.0f messages a second: nothing was acknowledged for %v, a message took %v at most; it was ready %v after its start",
		f.node, f.rate, ms(f.pause), ms(f.wait), ms(f.back))
	b.steady(watch)
	return f
}

// warm has the members on the nodes that do not lead talk, until as many were acknowledged as are wanted while the leader stayed
// the same, and returns the leader.
func (b *busyGroup) warm(acks int, f *fall) (leader *servertest.Node) {
	b.t.Helper()
	for now := b.leader(); now != leader; now = b.leader() {
		leader = now
		b.give(b.cluster.Others(leader))
		b.talk(acks / 2) // until those whose turn it was are done
		b.pulse.reset()
		began := time.Now()
		b.talk(acks)
		f.rate, f.usual = float64(acks)/time.Since(began).Seconds(), b.pulse.pause()
	}
	f.node = leader.Name
	return leader
}

// judge checks what a long run promises of time.
func (b *busyGroup) judge() {
	b.t.Helper()
	for i, f := range b.falls {
		if f.pause > mostPause {
			b.t.Errorf("kill %d: nothing was acknowledged for %v, want %v at most", i+1, ms(f.pause), mostPause)
		}
		if f.cut > busyMembers {
			b.t.Errorf("kill %d: of the %d on other nodes %d lost their connection", i+1, 2*busyMembers, f.cut)
		}
	}
}
