package hostile

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

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
	s.collectGarbage()
	m := s.metrics()
	return vitals{
		goroutines: m["go_goroutines"], descriptors: m["process_open_fds"],
		connections: m["parley_connections"], heapMiB: m["go_memstats_heap_inuse_bytes"] / (1 << 20),
	}
}

// metrics reads those without labels.
func (s *siege) metrics() map[string]float64 {
	s.t.Helper()
	values := make(map[string]float64)
	for lines := bufio.NewScanner(strings.NewReader(s.ask("/metrics"))); lines.Scan(); {
		name, text, _ := strings.Cut(lines.Text(), " ")
		if v, err := strconv.ParseFloat(text, 64); err == nil {
			values[name] = v
		}
	}
	return values
}

// collectGarbage makes the server do so: the profile of the heap begins with it when it is asked.
func (s *siege) collectGarbage() { s.ask("/debug/pprof/heap?gc=1") }

// ask reads a page of the operators' listener.
func (s *siege) ask(path string) string {
	s.t.Helper()
	token, err := os.ReadFile(filepath.Join(s.Dir, "admin-token"))
	s.must(err)
	r, err := http.NewRequest(http.MethodGet, s.AdminURL()+path, nil)
	s.must(err)
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	res, err := unkept.Do(r)
	s.must(err)
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	s.must(err)
	if res.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %s", path, res.Status)
	}
	return string(text)
}

func (s *siege) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}
