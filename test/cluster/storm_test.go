package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/storm"
)

// openSendings is how many sendings must be without an answer at each kill, or it proves little.
const openSendings = 20

// Friends, a group, strangers and a passenger send each message ten times, from five new connections at a time to all three nodes,
// all with the same ids, while the node that leads the group's shard is killed with SIGKILL at random moments and started again; at the
// end all nodes are killed at once, and everything is sent an eleventh time. Each message is once in the histories that the nodes have, by
// time and by number, where each of its answers said, which call all but one of them a duplicate; numbers have no gaps; and no
// connection hears a message twice, also when another owner tells it again. With PARLEY_SOAK there are twenty kills.
//
// Checked by breaking it: it fails when ids are not looked up (actors/repeat.go: answerRepeat), and when a hub delivers what a
// session has had (transport/hub/hub.go: Deliver).
func TestStorm_EveryMessageTakesEffectOnce(t *testing.T) {
	kills, answers := 2, 300
	soak := os.Getenv("PARLEY_SOAK") != ""
	if soak {
		kills, answers = 20, 2000
	}
	began := time.Now()
	c := servertest.StartCluster(t, 3)
	gid := found(t, c.Nodes[0], "/groups", map[string]any{"owner": storm.Members[0], "members": storm.Members})
	befriend(t, c.Nodes[0], storm.Friends[0], storm.Friends[1])
	s := newStorm(t, c, gid)
	const shards = 16 // the default
	shard := uint32(im.Group(servertest.App, im.GroupID(gid)).Shard(shards))
	var open []int
	for range kills {
		awaitStorm(t, s, answers)
		victim := c.Leader(shard)
		<-time.After(rand.N(10 * time.Millisecond)) // not a wait for something: the moment of the kill is random in time
		_, pending := s.Counts()
		open = append(open, pending)
		victim.Kill()
		awaitStorm(t, s, answers)
		victim.Restart()
	}
	awaitStorm(t, s, answers)
	s.Finish()
	for _, n := range c.Nodes {
		n.Signal(syscall.SIGKILL)
	}
	for _, n := range c.Nodes {
		n.Kill() // waits for its end
	}
	c.Launch()
	c.AwaitReady()
	if err := s.Repeat(); err != nil {
		t.Fatal(err)
	}
	var nodes []client.REST
	for _, n := range c.Nodes {
		nodes = append(nodes, rest(n))
	}
	faults, err := s.Check(t.Context(), nodes...)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults[:min(len(faults), 20)] {
		t.Error(f)
	}
	t.Logf("%d kills of the leader with %v sendings under way, one of all: %v, %d faults", kills, open, s.Figures(), len(faults))
	if soak {
		writeReport(t, "storm-cluster", began, stormText(began, kills, open, s.Figures()))
	}
}

// newStorm begins a storm on all nodes of a cluster.
func newStorm(t *testing.T, c *servertest.Cluster, group string) *storm.Storm {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := storm.New(ctx, storm.Options{
		Group: group, Patience: servertest.Patience,
		Dial: func(ctx context.Context, way int, o client.Options) (*client.Conn, error) {
			return dial(ctx, c.Nodes[way%len(c.Nodes)], o)
		},
	})
	t.Cleanup(func() { // also when the test ends early
		cancel()
		s.Wait()
	})
	if err := s.Begin(); err != nil {
		t.Fatal(err)
	}
	return s
}

// awaitStorm waits until so many sendings more were answered, and enough are under way.
func awaitStorm(t *testing.T, s *storm.Storm, more int) {
	t.Helper()
	before, _ := s.Counts()
	servertest.Eventually(t, fmt.Sprintf("%d answers more", more), func() bool {
		answers, open := s.Counts()
		return answers >= before+more && open >= openSendings
	})
}

func stormText(began time.Time, kills int, open []int, f storm.Figures) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Storm: every message eleven times, and %d kills of a leader\n\n", kills)
	fmt.Fprintf(&b, "`make soak`, on %s, commit %s, took %v. Three processes and all clients share the machine.\n\n",
		machine(), commit(), time.Since(began).Round(time.Second))
	fmt.Fprintf(&b, "Friends, a group, strangers and a passenger with a user; each message %d times, from %d new connections at a time to all nodes, and\n"+
		"once more after all nodes were killed at once. All speakers use the same ids. At the kills %d to %d sendings were under way.\n\n", storm.Repeats, storm.AtOnce, slices.Min(open), slices.Max(open))
	fmt.Fprintf(&b, "%v.\n\nLost, doubled, answered with another number, stamp or id, not called a duplicate, gaps, histories of nodes that differ, heard\n"+
		"twice on a connection: 0.\n", f)
	return b.String()
}
