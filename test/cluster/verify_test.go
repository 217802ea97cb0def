package cluster

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
)

// verdicts are what `parley doctor verify --json` says of shards, and how many entries it found.
type verdicts struct {
	Replicas []struct {
		Shards []struct{ Entries int }
	}
	Shards []struct {
		Shard, Replicas, Assigned int
		Verdict                   string
	}
}

// verify runs `parley doctor verify --json` on so many nodes, which must end with 0.
func verify(t *testing.T, nodes int, args ...string) (v verdicts) {
	t.Helper()
	got := servertest.Run(t, nil, append([]string{"doctor", "verify", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(got.Stdout), &v); err != nil || got.Code != 0 || len(v.Replicas) != nodes {
		t.Fatalf("doctor verify %v: %v, code %d\n%s", args, err, got.Code, got.Stderr)
	}
	return v
}

// places are what `parley doctor verify` asks of nodes that run, and of those that have stopped.
func places(nodes []*servertest.Node) (admins, dirs []string) {
	for _, n := range nodes {
		admins, dirs = append(admins, "--admin", n.AdminURL(), "--data", n.Dir), append(dirs, n.Dir)
	}
	return admins, dirs
}

// count returns how many shards have a verdict.
func (v verdicts) count(verdict string) (n int) {
	for _, s := range v.Shards {
		if s.Verdict == verdict {
			n++
		}
	}
	return n
}

// Three nodes that were talked to, one of which was killed meanwhile and has caught up, have the same: as they say while they run,
// and as their directories say when all have stopped. While everybody talks, no shard differs, though few are caught at one index.
//
// Checked by breaking it: when a node's clock has a say in what eventlog/store/apply.go writes, the shards that were talked to differ.
func TestVerify_AllNodesHaveTheSame(t *testing.T) {
	t.Parallel()
	c := servertest.StartCluster(t, 3)
	p := newParty(t, c)
	p.begin()
	p.talk(enough)
	victim := p.leader()
	victim.Kill()
	p.talk(enough)
	victim.Restart()

	admins, dirs := places(c.Nodes)
	busy := verify(t, 3, admins...)
	t.Logf("while all talk: %d shards the same, %d moving, %d behind", busy.count("same"), busy.count("moving"), busy.count("behind"))
	p.talk(enough)
	p.end()

	servertest.Eventually(t, "all shards are the same while the nodes run", func() bool {
		return verify(t, 3, admins...).count("same") == len(busy.Shards)
	})
	for _, n := range c.Nodes {
		if code := n.Terminate(); code != 0 {
			t.Errorf("%s ended with code %d", n.Name, code)
		}
	}
	after := verify(t, 3, dirs...)
	entries := 0
	for _, s := range after.Replicas[0].Shards {
		entries += s.Entries
	}
	// Who stops first may lack what the others write while it goes: that is behind, and no difference.
	if same := after.count("same"); same < len(after.Shards)/2 || same+after.count("behind") != len(after.Shards) || entries < enough {
		t.Errorf("%d of %d shards are the same, %d behind, with %d entries", same, len(after.Shards), after.count("behind"), entries)
	}
	t.Logf("stopped: %d shards the same, %d behind, %d entries", after.count("same"), after.count("behind"), entries)

	got := servertest.Run(t, nil, append([]string{"doctor", "verify"}, dirs...)...)
	if got.Code != 0 || !strings.Contains(got.Stdout, "node1, node2, node3") {
		t.Errorf("%+v", got)
	}
	c.Launch() // nothing was changed by that
	c.AwaitReady()
	get(t, c.Nodes[0], "/groups/"+p.group)
}
