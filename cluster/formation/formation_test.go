package formation_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/cluster/formation"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// town is where nodes find each other.
type town struct {
	mu     sync.Mutex
	hellos map[string]*pb.Hello
	// deaf is how many questions to a node find nobody yet.
	deaf map[string]int
}

var errNobody = errors.New("connection refused")

func (w *town) ask(ctx context.Context, member string) (*pb.Hello, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.deaf[member] > 0 || w.hellos[member] == nil {
		w.deaf[member]--
		return nil, errNobody
	}
	return w.hellos[member], ctx.Err()
}

var terms = formation.Terms{Members: []string{"node2", "node1", "node3"}, Shards: 16, Bucket: 1000}

func newTown() *town {
	return &town{deaf: map[string]int{}, hellos: map[string]*pb.Hello{
		"node1": {Node: "node1", NodeHostId: "id1", Formation: terms.Sum()},
		"node2": {Node: "node2", NodeHostId: "id2", Formation: terms.Sum()},
		"node3": {Node: "node3", NodeHostId: "id3", Formation: terms.Sum()},
	}}
}

func (w *town) agree(ctx context.Context, node string) (string, map[string]string, error) {
	return formation.Agree(ctx, formation.Options{
		Node: node, NodeHostID: w.hellos[node].NodeHostId, Terms: terms, Ask: w.ask, Logger: slog.New(slog.DiscardHandler),
	})
}

// Nodes that come one after the other agree on one cluster, also one that crashed before it had written that down, while
// the others live in it.
func TestAgree_AllComeToTheSame(t *testing.T) {
	t.Parallel()
	w := newTown()
	w.deaf["node3"], w.deaf["node1"] = 2, 1
	want := formation.ID(map[string]string{"node1": "id1", "node2": "id2", "node3": "id3"})
	for _, node := range []string{"node1", "node2", "node3"} {
		got, ids, err := w.agree(t.Context(), node)
		if err != nil || got != want || len(ids) != 3 || ids["node2"] != "id2" {
			t.Fatalf("%s: %s, %v, %v; want %s", node, got, ids, err, want)
		}
		w.hellos[node].Cluster = got
	}
	w.hellos["node2"].Cluster = "" // it crashed before
	if got, _, err := w.agree(t.Context(), "node2"); err != nil || got != want {
		t.Errorf("once more: %s, %v", got, err)
	}
}

// What must not become a cluster is refused in one line that names the node: other terms, and a data directory that was
// lost. Checked by breaking it: without the comparison of clusters the node with the lost directory gets in.
func TestAgree_Refuses(t *testing.T) {
	t.Parallel()
	other := terms
	other.Shards++
	for name, c := range map[string]struct {
		change func(*town)
		want   string
	}{
		"other terms":      {func(w *town) { w.hellos["node3"].Formation = other.Sum() }, "node3 was started with other"},
		"no terms":         {func(w *town) { w.hellos["node3"].Formation = nil }, "node3 was started with other"},
		"a lost directory": {func(w *town) { w.hellos["node2"].Cluster = "elsewhere" }, "node2 lives in a cluster already"},
		"a lost directory, of a cluster that has grown": {
			func(w *town) {
				w.hellos["node2"].Cluster, w.hellos["node2"].Formation = "elsewhere", []byte("of others")
			},
			"run `parley cluster replace node1` there and start node1 with --join",
		},
	} {
		w := newTown()
		c.change(w)
		_, _, err := w.agree(t.Context(), "node1")
		if im.KindOf(err) != im.Conflict || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want a line with %q", name, err, c.want)
		}
	}
}

// A node that all others refuse has another secret than they have, and gives up. One that is refused by one of them waits.
//
// Checked by breaking it: if one refusal is enough, the node that waits gives up.
func TestAgree_GivesUpWhenAllOthersRefuse(t *testing.T) {
	t.Parallel()
	refusal := im.E("test", im.NotPermitted, "the cluster secrets differ")
	for _, refusing := range []string{"node2", "node2 node3"} {
		w := newTown()
		ctx, cancel := context.WithCancel(t.Context())
		asked := 0
		_, _, err := formation.Agree(ctx, formation.Options{
			Node: "node1", NodeHostID: "id1", Terms: terms, Logger: slog.New(slog.DiscardHandler),
			Ask: func(ctx context.Context, member string) (*pb.Hello, error) {
				w.mu.Lock()
				asked++
				if asked > 5 { // it goes on asking
					cancel()
				}
				w.mu.Unlock()
				if strings.Contains(refusing, member) {
					return nil, refusal
				}
				return w.ask(ctx, member)
			},
		})
		cancel()
		want := im.Unavailable
		if refusing == "node2 node3" {
			want = im.NotPermitted
		}
		if im.KindOf(err) != want || strings.Contains(err.Error(), "\n") {
			t.Errorf("refused by %s: %v, want %v", refusing, err, want)
		}
	}
}

// Who waits in vain can be stopped, and says for whom it waited.
func TestAgree_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	w := newTown()
	w.deaf["node3"] = 1 << 30
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan struct{}, 1)
	_, _, err := formation.Agree(ctx, formation.Options{
		Node: "node1", NodeHostID: "id1", Terms: terms, Logger: slog.New(slog.DiscardHandler),
		Ask: func(ctx context.Context, member string) (*pb.Hello, error) {
			h, err := w.ask(ctx, member)
			if err != nil {
				select {
				case asked <- struct{}{}: // the second time: node2 was heard of meanwhile
				default:
					cancel()
				}
			}
			return h, err
		},
	})
	if im.KindOf(err) != im.Unavailable || !strings.Contains(err.Error(), "node3") {
		t.Errorf("got %v, want unavailable, waiting for node3", err)
	}
}

// Ids are UUIDs and differ with any name or id.
func TestID_DiffersWithAnyMember(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, ids := range []map[string]string{
		{"a": "1"}, {"a": "2"}, {"b": "1"}, {"a": "1", "b": "1"}, {"a": "1", "b": "2"},
	} {
		id := formation.ID(ids)
		if len(id) != 36 || id[14] != '8' || seen[id] {
			t.Errorf("%v: %s", ids, id)
		}
		seen[id] = true
	}
}
