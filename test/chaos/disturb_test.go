package chaos

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/parley-im/parley/internal/servertest"
)

func (r *run) kill(n *servertest.Node) disturbance {
	n.Kill()
	return disturbance{hit: []*servertest.Node{n}, end: n.Launch}
}

func (r *run) killAll() disturbance {
	for _, n := range r.Nodes {
		n.Signal(syscall.SIGKILL)
	}
	for _, n := range r.Nodes {
		n.Kill() // waits for its end
	}
	return disturbance{hit: r.Nodes, end: r.Launch}
}

// pause stops a process where it is. It acknowledges nothing, but that is no merit of its own.
func (r *run) pause(n *servertest.Node) disturbance {
	n.Pause()
	return disturbance{hit: []*servertest.Node{n}, end: n.Continue}
}

// killTwo leaves one that has no majority.
func (r *run) killTwo(a, b *servertest.Node) disturbance {
	a.Kill()
	b.Kill()
	return disturbance{hit: r.Nodes, alone: r.rest(a, b), end: r.Launch}
}

func (r *run) pauseTwo(a, b *servertest.Node) disturbance {
	a.Pause()
	b.Pause()
	return disturbance{hit: r.Nodes, alone: r.rest(a, b), end: func() {
		a.Continue()
		b.Continue()
	}}
}

// rest is the node that is none of two.
func (r *run) rest(a, b *servertest.Node) *servertest.Node {
	return r.Nodes[slices.IndexFunc(r.Nodes, func(n *servertest.Node) bool { return n != a && n != b })]
}

// isolate ends all connections of a node to others, and refuses new ones.
func (r *run) isolate(n *servertest.Node) disturbance {
	ways := r.mesh.of(n)
	r.mesh.cut(ways)
	return disturbance{hit: []*servertest.Node{n}, alone: n, end: r.mesh.heal}
}

func (r *run) apart(a, b *servertest.Node) disturbance {
	r.mesh.cut([]way{{a.Name, b.Name}, {b.Name, a.Name}})
	return disturbance{hit: []*servertest.Node{a, b}, end: r.mesh.heal}
}

// silence lets nothing through on these ways, and leaves the connections as they are.
func (r *run) silence(ways []way, alone *servertest.Node, hit ...*servertest.Node) disturbance {
	r.mesh.hold(ways)
	return disturbance{hit: hit, alone: alone, end: r.mesh.heal}
}

// farAway is by how much what a far node says and hears is late. When it is killed, what it acknowledged to its own clients and
// said to others just before is not heard by them.
const farAway = 200 * time.Millisecond

// far makes everything that a node says and hears late.
func (r *run) far(n *servertest.Node) disturbance {
	r.mesh.slow(r.mesh.of(n), farAway)
	return disturbance{hit: []*servertest.Node{n}, end: r.mesh.heal}
}

func (r *run) clock(n *servertest.Node, ahead time.Duration) disturbance {
	r.setClock(n, ahead)
	return disturbance{end: func() { r.setClock(n, 0) }}
}

func (r *run) setClock(n *servertest.Node, ahead time.Duration) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), servertest.Patience)
	defer cancel()
	body := strings.NewReader(fmt.Sprintf(`{"clockAhead":%q}`, ahead))
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, n.AdminURL()+"/debug/faults", body)
	if err != nil {
		r.t.Fatal(err)
	}
	res, err := web.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		r.t.Fatalf("PUT /debug/faults: %s", res.Status)
	}
}
