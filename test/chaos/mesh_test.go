package chaos

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
)

// mesh is the network between the nodes of a cluster: for each of a node's two ports, a cable from each of the others.
type mesh struct {
	nodes  []*servertest.Node
	gates  map[way]*gate
	cables map[way][]*cable // from who dials
}

// way is a direction between two nodes, by name.
type way struct{ from, to string }

// newMesh puts the network between nodes that were not started yet.
func newMesh(t testing.TB, c *servertest.Cluster) *mesh {
	m := &mesh{nodes: c.Nodes, gates: map[way]*gate{}, cables: map[way][]*cable{}}
	for _, w := range m.ways() {
		m.gates[w] = newGate()
	}
	for _, n := range c.Nodes {
		n.SetFlag("--peers", m.peers(t, n))
	}
	return m
}

// peers is the list of peers as n sees it: the others behind cables.
func (m *mesh) peers(t testing.TB, n *servertest.Node) string {
	var list []string
	for _, o := range m.nodes {
		raft, actor := o.RaftListen, o.ActorListen
		if o != n {
			w := way{n.Name, o.Name}
			there, back := m.gates[w], m.gates[w.back()]
			cables := []*cable{newCable(t, raft, there, back), newCable(t, actor, there, back)}
			m.cables[w] = cables
			raft, actor = cables[0].addr(), cables[1].addr()
		}
		list = append(list, fmt.Sprintf("%s=%s/%s", o.Name, raft, actor))
	}
	return strings.Join(list, ",")
}

func (w way) back() way { return way{w.to, w.from} }

// ways are all directions, in an order that is always the same.
func (m *mesh) ways() (all []way) {
	for _, a := range m.nodes {
		for _, b := range m.nodes {
			if a != b {
				all = append(all, way{a.Name, b.Name})
			}
		}
	}
	return all
}

// from and to are the directions that begin, or end, at a node; of are both.
func (m *mesh) from(n *servertest.Node) []way {
	return slices.DeleteFunc(m.ways(), func(w way) bool { return w.from != n.Name })
}

func (m *mesh) to(n *servertest.Node) []way {
	return slices.DeleteFunc(m.ways(), func(w way) bool { return w.to != n.Name })
}

func (m *mesh) of(n *servertest.Node) []way { return append(m.from(n), m.to(n)...) }

// cut ends the connections of these ways and refuses new ones; NB: a connection carries both ways.
func (m *mesh) cut(ways []way) {
	for _, w := range ways {
		for _, c := range m.cables[w] {
			c.cut()
		}
	}
}

func (m *mesh) hold(ways []way) {
	for _, w := range ways {
		m.gates[w].hold()
	}
}

func (m *mesh) slow(ways []way, delay time.Duration) {
	for _, w := range ways {
		m.gates[w].slow(delay)
	}
}

// heal makes all ways good.
func (m *mesh) heal() {
	for _, w := range m.ways() {
		m.gates[w].slow(0)
		m.gates[w].release()
		for _, c := range m.cables[w] {
			c.mend()
		}
	}
}
