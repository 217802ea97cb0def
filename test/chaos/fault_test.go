package chaos

import (
	"math/rand/v2"
	"time"

	"github.com/parley-im/parley/internal/servertest"
)

// fault is something that goes wrong, for a while.
type fault struct {
	name string
	// least and most are how long it lasts.
	least, most time.Duration
	// begin makes it happen to what rng chooses.
	begin func(r *run, rng *rand.Rand) disturbance
}

// disturbance is a fault that happens.
type disturbance struct {
	// hit are the nodes whose clients may notice; those of others go on.
	hit []*servertest.Node
	// alone is a node that cannot have the word of a majority meanwhile, nil = none.
	alone *servertest.Node
	// end ends it.
	end func()
}

// faults are all that goes wrong, each time the schedule is through in another order.
var faults = []fault{
	{"a node is killed", time.Second, 5 * time.Second, func(r *run, rng *rand.Rand) disturbance { return r.kill(r.any(rng)) }},
	{"the leader is killed", time.Second, 5 * time.Second, func(r *run, rng *rand.Rand) disturbance { return r.kill(r.leader(rng)) }},
	{"all nodes are killed", 0, time.Second, func(r *run, _ *rand.Rand) disturbance { return r.killAll() }},
	{"a node stands still", time.Second, 10 * time.Second, func(r *run, rng *rand.Rand) disturbance { return r.pause(r.any(rng)) }},
	{"the leader stands still", time.Second, 10 * time.Second, func(r *run, rng *rand.Rand) disturbance { return r.pause(r.leader(rng)) }},
	{"two nodes are killed", 0, 3 * time.Second, func(r *run, rng *rand.Rand) disturbance { return r.killTwo(r.two(rng)) }},
	{"two nodes stand still", time.Second, 5 * time.Second, func(r *run, rng *rand.Rand) disturbance { return r.pauseTwo(r.two(rng)) }},
	{"a node is cut off", 2 * time.Second, 8 * time.Second, func(r *run, rng *rand.Rand) disturbance { return r.isolate(r.any(rng)) }},
	{"the leader is cut off", 2 * time.Second, 8 * time.Second, func(r *run, rng *rand.Rand) disturbance { return r.isolate(r.leader(rng)) }},
	{"silence around a node", 2 * time.Second, 8 * time.Second, func(r *run, rng *rand.Rand) disturbance {
		n := r.any(rng)
		return r.silence(r.mesh.of(n), n, n)
	}},
	{"a node is not heard", 2 * time.Second, 8 * time.Second, func(r *run, rng *rand.Rand) disturbance {
		n := r.leader(rng)
		return r.silence(r.mesh.from(n), n, n)
	}},
	{"a node hears nothing", 2 * time.Second, 8 * time.Second, func(r *run, rng *rand.Rand) disturbance {
		n := r.leader(rng)
		return r.silence(r.mesh.to(n), n, n)
	}},
	{"two nodes are cut apart", 2 * time.Second, 8 * time.Second, func(r *run, rng *rand.Rand) disturbance {
		a, b := r.two(rng)
		return r.apart(a, b)
	}},
	{"one way between two nodes", 2 * time.Second, 8 * time.Second, func(r *run, rng *rand.Rand) disturbance {
		a, b := r.two(rng)
		return r.silence([]way{{a.Name, b.Name}}, nil, a, b)
	}},
	{"a node is 200 ms away", 4 * time.Second, 8 * time.Second, func(r *run, rng *rand.Rand) disturbance { return r.far(r.any(rng)) }},
	{"a node 200 ms away is killed", time.Second, 3 * time.Second, func(r *run, rng *rand.Rand) disturbance {
		n := r.any(rng)
		r.mesh.slow(r.mesh.of(n), farAway)
		wait(r.t.Context(), farAway+time.Duration(rng.Int64N(int64(3*farAway))))
		d := r.kill(n)
		r.mesh.heal()
		return d
	}},
	{"a clock 30 days ahead", 2 * time.Second, 6 * time.Second, func(r *run, rng *rand.Rand) disturbance {
		return r.clock(r.leader(rng), 30*24*time.Hour)
	}},
	{"a clock an hour back", 2 * time.Second, 6 * time.Second, func(r *run, rng *rand.Rand) disturbance {
		return r.clock(r.leader(rng), -time.Hour)
	}},
}

func (r *run) any(rng *rand.Rand) *servertest.Node { return r.Nodes[rng.IntN(len(r.Nodes))] }

// leader is the node that leads one of the groups.
func (r *run) leader(rng *rand.Rand) *servertest.Node {
	return r.Leader(r.shards[rng.IntN(len(r.shards))])
}

func (r *run) two(rng *rand.Rand) (a, b *servertest.Node) {
	i := rng.Perm(len(r.Nodes))
	return r.Nodes[i[0]], r.Nodes[i[1]]
}
