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

// meter reads what the server uses, from its process, and what it says about itself. It reads nothing that it is not told of.
type meter struct {
	url string
	pid int
}

// reading is one look at a server.
type reading struct {
	// cpu is the processor time that the server has used, in seconds, rss its resident memory in bytes. known tells 0 from not
	// known.
	cpu, rss float64
	known    bool
	// version is the server's, "" = not known.
	version string
	// queued is the bytes that wait for clients, slow how many of those were closed for not reading.
	queued, slow           float64
	queuedKnown, slowKnown bool
}

// metricsTimeout bounds a look at /metrics: a server that is busy may take its time.
const metricsTimeout = 60 * time.Second

// asker keeps no connection: the looks are few, and servers come and go.
var asker = &http.Client{Timeout: metricsTimeout, Transport: &http.Transport{DisableKeepAlives: true}}

func (m meter) read(ctx context.Context) (r reading, err error) {
	if m.url != "" {
		if r, err = m.ask(ctx); err != nil {
			return reading{}, err
		}
	}
	m.look(&r) // more exact than what the server says, and free
	return r, nil
}

// look reads what the process has used, if it is known.
func (m meter) look(r *reading) (known bool) {
	use, ok := machine.UsedBy(m.pid)
	if ok {
		r.cpu, r.rss, r.known = use.CPU.Seconds(), float64(use.RSS), true
	}
	return ok
}

// use is what the server has used. It is not asked for that when its process is known, so that no server answers while it is measured
// what others are not asked.
func (m meter) use(ctx context.Context) (r reading, err error) {
	if m.look(&r) {
		return r, nil
	}
	return m.read(ctx)
}

func (m meter) ask(ctx context.Context) (reading, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(m.url, "/")+"/metrics", nil)
	if err != nil {
		return reading{}, err
	}
	resp, err := asker.Do(req)
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
	for lines.Scan() && err == nil {
		name, value, _ := strings.Cut(lines.Text(), " ")
		switch {
		case name == "process_cpu_seconds_total":
			got.known = true
			err = number64(name, value, &got.cpu)
		case name == "process_resident_memory_bytes":
			err = number64(name, value, &got.rss)
		case strings.HasSuffix(name, "_queued_bytes"):
			got.queuedKnown = true
			err = number64(name, value, &got.queued)
		case strings.HasSuffix(name, "_slow_disconnects_total"):
			got.slowKnown = true
			err = number64(name, value, &got.slow)
		case strings.HasPrefix(name, "parley_build_info{"):
			_, version, _ := strings.Cut(name, `version="`)
			got.version, _, _ = strings.Cut(version, `"`)
		}
	}
	if err != nil {
		return reading{}, err
	}
	return got, lines.Err()
}

func number64(name, text string, to *float64) error {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	*to = v
	return nil
}

// sample is what both sides, and the machine, have used and done up to a moment.
type sample struct {
	at      time.Duration
	server  reading
	client  time.Duration
	machine machine.Busy
	heard   int64
}

func (r *run) sample(ctx context.Context) (sample, error) {
	s, err := r.meter.use(ctx)
	return sample{at: r.now(), server: s, client: machine.CPU(), machine: machine.BusyTime(), heard: r.heard()}, err
}

// bounds are a measurement's: when it began and ended, in nanoseconds of the run, and what was used by then.
type bounds struct {
	from, to    int64
	first, last sample
}
