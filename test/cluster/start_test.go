package cluster

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
)

// Three nodes that are started at once without an app draw one together, whose keys one of them prints; what is drawn on one
// counts on the others at once, and all say the same of the cluster.
func TestStart_DrawsOneAppTogether(t *testing.T) {
	t.Parallel()
	c := servertest.StartCluster(t, 3, servertest.NoApp)
	type app struct{ ID, ClientKey string }
	list := func(n *servertest.Node) (apps []app) {
		t.Helper()
		var got struct{ Apps []app }
		if err := json.Unmarshal([]byte(n.AdminPage("/v1/apps")), &got); err != nil {
			t.Fatal(err)
		}
		return got.Apps
	}
	first := list(c.Nodes[0])
	printed := 0
	for _, n := range c.Nodes {
		if got := list(n); len(got) != 1 || got[0] != first[0] {
			t.Errorf("%s has %+v, node1 %+v, want one app", n.Name, got, first)
		}
		servertest.Eventually(t, "the banner is there", func() bool { return strings.Contains(n.Stdout(), "Stop with Ctrl-C") })
		if strings.Contains(n.Stdout(), first[0].ClientKey) {
			printed++
		}
	}
	if printed != 1 {
		t.Errorf("%d nodes printed the keys of the first app, want one", printed)
	}

	created := run(t, c.Nodes[0], "app", "create", "--json")
	var second app
	if err := json.Unmarshal([]byte(created.Stdout), &second); err != nil || created.Code != 0 {
		t.Fatalf("%+v, %v", created, err)
	}
	for _, n := range c.Nodes {
		r := rest(n)
		r.App, r.Key = second.ID, second.ClientKey
		servertest.Eventually(t, n.Name+" knows the app that node1 drew", func() bool {
			status, _, err := r.Do(t.Context(), http.MethodGet, "/groups")
			return err == nil && status == http.StatusOK
		})
	}
	c.AwaitBalance()
	statusAgrees(t, c)
}

// statusAgrees checks what `parley cluster status` says on each node of three that are well.
func statusAgrees(t *testing.T, c *servertest.Cluster) {
	t.Helper()
	ids := map[string]bool{}
	for _, n := range c.Nodes {
		got := n.Cluster()
		leads := 0
		for _, m := range got.Nodes {
			leads += m.Leads
		}
		if ids[got.Cluster] = true; got.Node != n.Name || len(got.Nodes) != 3 || len(got.Shards) != 17 || leads != 17 {
			t.Errorf("%s says %+v", n.Name, got)
		}
		table := run(t, n, "cluster", "status")
		for _, want := range []string{"as " + n.Name + " sees it", `node1 +up `, `node2 +up `, `node3 +up `, `17 shards, each with a leader`} {
			if table.Code != 0 || !regexp.MustCompile(want).MatchString(table.Stdout) {
				t.Errorf("no %q in %+v", want, table)
			}
		}
	}
	if len(ids) != 1 {
		t.Errorf("the nodes name several clusters: %v", ids)
	}
}

// run runs a verb on a node.
func run(t *testing.T, n *servertest.Node, args ...string) servertest.Result {
	t.Helper()
	return servertest.Run(t, []string{"PARLEY_ADMIN=" + n.AdminURL(), "PARLEY_DATA=" + n.Dir}, args...)
}

// A node whose secret is not that of the others does not start, and says so in one line; with the right one it does. The others
// wait meanwhile, and serve nobody.
func TestStart_WrongSecretIsRefused(t *testing.T) {
	t.Parallel()
	c := servertest.NewCluster(t, 3)
	stranger := c.Nodes[2]
	write(t, stranger.SecretFile, "the secret of another cluster")
	c.Launch()
	refused(t, stranger, "secret")
	for _, n := range c.Others(stranger) {
		if !n.Running() || n.Ready() {
			t.Errorf("%s: runs %v, is ready %v; want it to wait", n.Name, n.Running(), n.Ready())
		}
	}
	write(t, stranger.SecretFile, servertest.ClusterSecret)
	stranger.Launch()
	c.AwaitReady()
}

// Nodes that are started with different settings do not make a cluster. Whoever hears first of a peer that was told something
// else names it and ends; the others then wait for it, and serve nobody.
func TestStart_OtherShardsAreRefused(t *testing.T) {
	t.Parallel()
	c := servertest.NewCluster(t, 3)
	for i, n := range c.Nodes {
		n.AddFlags("--shards", fmt.Sprint(4+i/2)) // of node3 one more
	}
	c.Launch()
	var ended *servertest.Node
	servertest.Eventually(t, "the end of a node", func() bool {
		for _, n := range c.Nodes {
			if !n.Running() {
				ended = n
			}
		}
		return ended != nil
	})
	refused(t, ended, "node[1-3] was started with other")
	for _, n := range c.Nodes {
		if n.Running() && n.Ready() {
			t.Errorf("%s is ready", n.Name)
		}
	}
}

// A node that lost its data directory must not vote again as who it was: it is refused in one line, and the others go on.
func TestStart_LostDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	c := servertest.StartCluster(t, 3)
	lost := c.Nodes[1]
	lost.Kill()
	if err := os.RemoveAll(lost.Dir); err != nil {
		t.Fatal(err)
	}
	lost.Launch()
	refused(t, lost, "node[13] .* another data directory")
	for _, n := range c.Others(lost) {
		befriend(t, n, "tom", "jerry")
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// refused waits for the end of a node that was launched: exit code 1, and the last line that it writes says why.
func refused(t *testing.T, n *servertest.Node, want string) {
	t.Helper()
	code := n.AwaitExit()
	lines := strings.Split(strings.TrimSpace(n.Stderr()), "\n")
	last := lines[len(lines)-1]
	if code != 1 || !strings.HasPrefix(last, "parley: ") || !regexp.MustCompile(want).MatchString(last) {
		t.Errorf("%s ended with code %d and %q, want 1 and one line with %q", n.Name, code, last, want)
	}
}
