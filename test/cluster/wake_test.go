package cluster

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/servertest"
)

// The node that leads a user's shard is killed, and nobody says anything to the user or of it. The next owner wakes the user's
// actor, of which friends hear nothing: neither that the user comes nor that it goes, as long as it is there. When it goes,
// friends hear that, though their own actors have not moved. So do those whose actor has moved, too.
//
// Checked by breaking it: when nobody is woken (cluster/attendance: wakeRound) jerry never hears that tom went.
func TestKill_OfAnOwnerHidesNoFriendsEnd(t *testing.T) {
	c := servertest.StartCluster(t, 3)
	c.AwaitBalance()
	victim, there := c.Nodes[0], c.Nodes[1:]
	moved, stayed := led(t, c, victim, "tom"), led(t, c, there[1], "jerry")
	alsoMoved := led(t, c, victim, "spike")
	befriend(t, there[0], moved, stayed)
	befriend(t, there[0], moved, alsoMoved)
	jerry, spike := visit(t, there[1], stayed), visit(t, there[1], alsoMoved)
	tom := visit(t, there[0], moved)
	came, went := "online "+moved, "offline "+moved
	jerry.hears(came)
	spike.hears(came)

	shards := []uint32{shardOf(c, moved), shardOf(c, alsoMoved)}
	victim.Kill()
	for _, shard := range shards {
		c.Leader(shard)
	}
	<-time.After(3 * time.Second) // not a wait for something: it is how long nobody says anything
	if jerry.isCut() || spike.isCut() || tom.isCut() {
		t.Log("an election took long: who may have missed something was cut, and comes again")
		return
	}
	for _, e := range []*ear{jerry, spike} {
		if got := e.all(); !slices.Equal(got, []string{came}) {
			t.Errorf("%s heard %q, and nothing happened", e.name, got)
		}
	}
	tom.Cut()
	left := time.Now()
	jerry.hears(came, went)
	spike.hears(came, went)
	t.Logf("heard %v after tom left", ms(time.Since(left)))
}

// led returns the name of a user whose shard a node leads.
func led(t *testing.T, c *servertest.Cluster, by *servertest.Node, name string) string {
	t.Helper()
	for i := range 1000 {
		if id := fmt.Sprint(name, i); c.Leader(shardOf(c, id)) == by {
			return id
		}
	}
	t.Fatalf("%s leads nobody", by.Name)
	return ""
}

func shardOf(c *servertest.Cluster, user string) uint32 {
	shards := len(c.Nodes[1].Cluster().Shards) - 1 // without shard 0, which has no actors
	return uint32(im.User(servertest.App, im.UserID(user)).Shard(uint32(shards)))
}
