package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/parley-im/parley/transport/admin"
)

// fakeCluster is the admin listener of a node. What it is asked to change it carries out by way of change, once; unless it refuses it.
type fakeCluster struct {
	mu      sync.Mutex
	cluster admin.Cluster
	change  func(*admin.Cluster)
	asked   []string
	refusal string
}

// ServeHTTP implements http.Handler.
func (f *fakeCluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	if r.Method == http.MethodGet {
		if len(f.asked) > 0 && f.change != nil {
			f.change(&f.cluster)
			f.change = nil
		}
		json.NewEncoder(w).Encode(f.cluster) //nolint:errcheck // a test
		return
	}
	f.asked = append(f.asked, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+string(body)))
	if f.refusal != "" {
		w.WriteHeader(http.StatusConflict)
		json.NewEncoder(w).Encode(admin.Problem{Error: f.refusal}) //nolint:errcheck // a test
		return
	}
	w.WriteHeader(http.StatusAccepted)
	json.NewEncoder(w).Encode(admin.Accepted{Accepted: true}) //nolint:errcheck // a test
}

// threeNodes is a cluster in which node1 is asked.
func threeNodes() admin.Cluster {
	c := admin.Cluster{ID: "c", Node: "node1", Shards: []admin.Shard{{Leader: "node1"}, {Shard: 1, Leader: "node1"}}}
	for i, name := range []string{"node1", "node2", "node3"} {
		n := admin.Node{Name: name, State: admin.StateMember, Replica: uint64(i) + 1, Actor: "10.0.0.1:7082", Votes: 2}
		if i == 0 {
			n.Up, n.Leads = true, 2
		}
		c.Nodes = append(c.Nodes, n)
	}
	return c
}

func state(name, state string) func(*admin.Cluster) {
	return func(c *admin.Cluster) {
		if n := find(c.Nodes, name); n != nil {
			n.State, n.Leads = state, 0
		}
	}
}

// What each verb asks for, and what it tells people, when it is done or is not.
func TestCluster_VerbsSayWhatHappenedAndWhatToDo(t *testing.T) {
	t.Parallel()
	const join = `
  parley serve --node node4 --join 10.0.0.1:7082 --raft-listen HOST:PORT --actor-listen HOST:PORT ...

with the --shards and the --cluster-secret-file of the others. ` + "`parley cluster status`" + ` shows how far it is.
`
	for _, tt := range []struct {
		args    string
		change  func(*admin.Cluster)
		refusal string
		code    int
		asked   string
		out     string // of stderr when it failed
	}{
		{
			args: "add node4", asked: `POST /v1/cluster/nodes {"name":"node4"}`,
			change: func(c *admin.Cluster) {
				c.Nodes = append(c.Nodes, admin.Node{Name: "node4", State: admin.StateInvited})
			},
			out: "node4 may join, within 24 hours. Start it with an empty data directory:\n" + join,
		},
		{args: "add node2", asked: `POST /v1/cluster/nodes {"name":"node2"}`, out: "node2 is a member of the cluster already.\n"},
		{
			args: "add node4", asked: `POST /v1/cluster/nodes {"name":"node4"}`, refusal: "the cluster has 7 members",
			code: exitFailed, out: "parley: the cluster has 7 members\n",
		},
		{
			args: "replace node2", asked: "POST /v1/cluster/nodes/node2/replace",
			out: "A new node2 may take the place of the present one, within 24 hours. Start it with an empty data directory:\n" + strings.ReplaceAll(join, "node4", "node2"),
		},
		{
			args: "remove node2", asked: "DELETE /v1/cluster/nodes/node2",
			change: func(c *admin.Cluster) { c.Nodes = c.Nodes[:1] },
			out:    "node2 is no member any more. Its process ends by itself; its data directory is of no use any more.\n",
		},
		{args: "remove node9", asked: "DELETE /v1/cluster/nodes/node9", out: "node9 is neither a member nor invited: there is nothing to do.\n"},
		{
			args: "remove node2 --wait 1ms", asked: "DELETE /v1/cluster/nodes/node2", change: state("node2", admin.StateLeaving),
			code: exitFailed, out: "parley: node2 is no member any more, but some shards have not let it go yet: `parley cluster status` shows how many\n",
		},
		{
			args: "remove node2 --wait 0", asked: "DELETE /v1/cluster/nodes/node2",
			out: "node2 is being removed: `parley cluster status` shows how far that is.\n",
		},
		{
			args: "drain node1", asked: "POST /v1/cluster/nodes/node1/drain", change: state("node1", admin.StateDraining),
			out: "node1 leads nothing, lets its clients go, and is not ready. `parley cluster drain node1 --undo` ends that, or a restart.\n",
		},
		{
			args: "drain node1 --wait 1ms", asked: "POST /v1/cluster/nodes/node1/drain",
			code: exitFailed, out: "parley: node1 still leads some shards: `parley cluster status` shows how many\n",
		},
		{
			args: "drain node1 --undo", asked: "POST /v1/cluster/nodes/node1/undrain", out: "node1 takes leaders and clients again.\n",
		},
		{
			args: "transfer 1 node2", asked: `POST /v1/cluster/shards/1/transfer {"to":"node2"}`,
			change: func(c *admin.Cluster) { c.Shards[1].Leader = "node2" },
			out:    "node2 leads shard 1. If it leads more than its share now, others will take some.\n",
		},
		{
			args: "transfer 1 node2 --wait 1ms", asked: `POST /v1/cluster/shards/1/transfer {"to":"node2"}`,
			code: exitFailed, out: "parley: node2 does not lead shard 1 yet; a transfer to a node that lags behind may come to nothing: try again\n",
		},
		{args: "add", code: exitUsage, out: "parley: cluster add: the name of one node is wanted\nRun 'parley help cluster' for usage.\n"},
		{args: "transfer x node2", code: exitUsage, out: "parley: cluster transfer: a shard is a number, not \"x\"\nRun 'parley help cluster' for usage.\n"},
		{args: "shrink", code: exitUsage, out: "parley: cluster: unknown verb \"shrink\": status, add, replace, remove, drain or transfer\nRun 'parley help cluster' for usage.\n"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			f := &fakeCluster{cluster: threeNodes(), change: tt.change, refusal: tt.refusal}
			code, stdout, stderr := ask(t, f, tt.args)
			if code != tt.code || stdout+stderr != tt.out || strings.Join(f.asked, "; ") != tt.asked {
				t.Errorf("code %d, asked for %q, says\n%s%s\nwant %d, %q,\n%s", code, f.asked, stdout, stderr, tt.code, tt.asked, tt.out)
			}
		})
	}
}

// Scripts get the node as JSON.
func TestCluster_VerbsWriteJSON(t *testing.T) {
	t.Parallel()
	f := &fakeCluster{cluster: threeNodes(), change: state("node1", admin.StateDraining)}
	code, stdout, stderr := ask(t, f, "drain node1 --json")
	var got []admin.Node
	if err := json.Unmarshal([]byte(stdout), &got); code != exitDone || err != nil || len(got) != 1 || got[0].State != admin.StateDraining {
		t.Errorf("%d %s%s %v", code, stdout, stderr, err)
	}
}

// ask runs `parley cluster` with these arguments, and f as the node.
func ask(t *testing.T, f *fakeCluster, args string) (code int, stdout, stderr string) {
	t.Helper()
	s := httptest.NewServer(f)
	defer s.Close()
	vars := map[string]string{"PARLEY_ADMIN": s.URL, "PARLEY_ADMIN_TOKEN": "secret"}
	var out, problems bytes.Buffer
	code = run(t.Context(), append([]string{"cluster"}, strings.Fields(args)...), env{
		stdout: &out, stderr: &problems, lookup: func(name string) (string, bool) { v, ok := vars[name]; return v, ok },
	})
	return code, out.String(), problems.String()
}
