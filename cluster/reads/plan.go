package reads

import (
	"maps"
	"slices"

	"github.com/parley-im/parley/im"
)

// assignment says which shards one node is asked for; in order.
type assignment struct {
	node   string
	shards []im.ShardID
}

// plan returns whom to ask for these shards, but not those nodes: this node for what it has, and as few others as possible for the
// rest. It fails as Unavailable when nobody can be asked for one of them.
func (r *Reads) plan(shards []im.ShardID, not []string) ([]assignment, error) {
	var asked []assignment
	var here, left []im.ShardID
	for _, s := range shards {
		if r.local.Holds(s) && !slices.Contains(not, r.o.Node) {
			here = append(here, s)
		} else {
			left = append(left, s)
		}
	}
	if len(here) > 0 {
		asked = append(asked, assignment{r.o.Node, here})
	}
	have, err := r.have(left, not)
	if err != nil {
		return nil, err
	}
	for len(left) > 0 {
		a := r.most(have)
		asked = append(asked, a)
		taken := func(s im.ShardID) bool { return slices.Contains(a.shards, s) }
		left = slices.DeleteFunc(left, taken)
		for node := range have {
			have[node] = slices.DeleteFunc(have[node], taken)
		}
	}
	return asked, nil
}

// have returns what each of the other nodes has of these shards; each shard somebody has.
func (r *Reads) have(shards []im.ShardID, not []string) (map[string][]im.ShardID, error) {
	have := map[string][]im.ShardID{}
	for _, s := range shards {
		nodes := slices.DeleteFunc(r.holders(s, false), func(n string) bool { return slices.Contains(not, n) })
		if len(nodes) == 0 {
			return nil, unavailable(opSearch, nobodyHas(s))
		}
		for _, n := range nodes {
			have[n] = append(have[n], s)
		}
	}
	return have, nil
}

// most returns the node that has the most, of those the one that leads the most of it, of those the first by name.
func (r *Reads) most(have map[string][]im.ShardID) (best assignment) {
	bestLeads := 0
	for _, node := range slices.Sorted(maps.Keys(have)) {
		leads := 0
		for _, s := range have[node] {
			if r.leads(node, s) {
				leads++
			}
		}
		n := len(have[node])
		if n > len(best.shards) || n == len(best.shards) && leads > bestLeads {
			best, bestLeads = assignment{node, slices.Clone(have[node])}, leads
		}
	}
	return best
}
