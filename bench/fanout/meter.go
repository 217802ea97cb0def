package fanout

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/parley-im/parley/bench/machine"
)

// meter reads what the server says about itself. Without a URL it reads nothing.
type meter struct{ url string }

// reading is one look at a server's metrics.
type reading struct {
	// cpu is the processor time that the server has used, in seconds; known tells 0 from not known.
	cpu   float64
	known bool
	// version is the server's, "" = not known.
	version string
}

func (m meter) read(ctx context.Context) (reading, error) {
	if m.url == "" {
		return reading{}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(m.url, "/")+"/metrics", nil)
	if err != nil {
		return reading{}, err
	}
	resp, err := httpClient.Do(req)
	if err != nil {
		return reading{}, fmt.Errorf("read the server's metrics: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end
	if resp.StatusCode != http.StatusOK {
		return reading{}, fmt.Errorf("read the server's metrics: %s answers %s", req.URL, resp.Status)
	}
	return parseMetrics(resp.Body)
}

// parseMetrics reads Prometheus's text format.
func parseMetrics(r io.Reader) (got reading, err error) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		switch {
		case name == "process_cpu_seconds_total":
			if got.cpu, err = strconv.ParseFloat(value, 64); err != nil {
				return reading{}, fmt.Errorf("process_cpu_seconds_total: %w", err)
			}
			got.known = true
		case strings.HasPrefix(name, "parley_build_info{"):
			_, version, _ := strings.Cut(name, `version="`)
			got.version, _, _ = strings.Cut(version, `"`)
		}
	}
	return got, lines.Err()
}

// sample is what both sides have used and done up to a moment.
type sample struct {
	server reading
	client time.Duration
	heard  int64
}

func (r *run) sample(ctx context.Context) (sample, error) {
	s, err := r.meter.read(ctx)
	return sample{server: s, client: machine.CPU(), heard: r.heard()}, err
}
