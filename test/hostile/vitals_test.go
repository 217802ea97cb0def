package hostile

import (
	"net/http"

	"github.com/parley-im/parley/internal/servertest"
)

// unkept keeps no connections: the server would count them.
var unkept = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: servertest.Patience}

// vitals are what a node says of its own health.
type vitals struct{ goroutines, descriptors, connections, heapMiB float64 }

// What a node at rest may have more than before: goroutines that come and go with its own work, files that its log has
// opened since, and in the heap what the log and awake actors keep of what was said.
var slack = vitals{goroutines: 12, descriptors: 12, connections: 0, heapMiB: 24}

func (v vitals) within(before vitals) bool {
	return v.goroutines <= before.goroutines+slack.goroutines && v.descriptors <= before.descriptors+slack.descriptors &&
		v.connections == before.connections && v.heapMiB <= before.heapMiB+slack.heapMiB
}

// vitals reads them after a collection of garbage.
func (s *siege) vitals() vitals {
	s.t.Helper()
	s.CollectGarbage()
	m := s.Metrics()
	return vitals{
		goroutines: m["go_goroutines"], descriptors: m["process_open_fds"],
		connections: m["parley_connections"], heapMiB: m["go_memstats_heap_inuse_bytes"] / (1 << 20),
	}
}

func (s *siege) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}
