package system

import (
	"fmt"
	"strings"
	"time"

	"github.com/parley-im/parley/internal/servertest"
)

// vitals are what a node says of its own health.
type vitals struct {
	connections, goroutines, descriptors, heapMiB, rssMiB, logMiB float64
	// liveMiB is what the heap in use has of things, without the gaps between them.
	liveMiB float64
	// actors are those awake, by kind.
	actors map[string]float64
}

// level is how a node was at rest.
type level struct {
	vitals
	logins int64
	at     time.Duration // since the beginning
	bounds map[string]float64
}

// What a node at rest may have more than before: goroutines that come and go with its own work, files that its log has
// opened since, and in the heap what the log keeps, and what is awake: a group or room, and for an hour the users who were
// in it, remember each other, and a passenger has a dialog.
const (
	goroutineSlack  = 12
	descriptorSlack = 12
	heapSlackMiB    = 24
	placeMiB        = 24.0 / 1024
)

// atRest reports whether l shows nothing of those who left. Goroutines are compared with what there was before anybody
// came; descriptors and heap with the first tenth, after which the log has its files and caches.
func (c *churn) atRest(l level) bool {
	first := l
	if len(c.levels) > 0 {
		first = c.levels[0]
	}
	for kind, n := range l.actors {
		if n > l.bounds[kind] {
			return false
		}
	}
	heap := first.heapMiB + heapSlackMiB + placeMiB*max(0, l.places()-first.places())
	return l.connections == 0 && l.heapMiB <= heap && l.goroutines <= c.before.goroutines+goroutineSlack &&
		l.descriptors <= first.descriptors+descriptorSlack
}

func (v vitals) places() float64 { return v.actors["group"] + v.actors["room"] + v.actors["passenger"] }

// String is for people.
func (l level) String() string {
	return fmt.Sprintf("%d logins, %v: %+v, awake at most %v", l.logins, l.at.Round(time.Millisecond), l.vitals, l.bounds)
}

// vitals reads them after a collection of garbage.
func (c *churn) vitals() vitals {
	c.t.Helper()
	return vitalsOf(c.node)
}

// vitalsOf reads those of a node after a collection of garbage.
func vitalsOf(n *servertest.Node) vitals {
	n.CollectGarbage()
	m := n.Metrics()
	v := vitals{actors: make(map[string]float64)}
	for name, n := range m {
		if kind, ok := strings.CutPrefix(name, "parley_actors{kind="); ok {
			v.actors[strings.Trim(kind, `"}`)] = n
		}
	}
	const mib = 1 << 20
	v.connections, v.goroutines, v.descriptors = m["parley_connections"], m["go_goroutines"], m["process_open_fds"]
	v.rssMiB, v.liveMiB = m["process_resident_memory_bytes"]/mib, m["go_memstats_heap_alloc_bytes"]/mib
	v.heapMiB, v.logMiB = m["go_memstats_heap_inuse_bytes"]/mib, m[`parley_log_bytes{what="store"}`]/mib
	return v
}

func (c *churn) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}
