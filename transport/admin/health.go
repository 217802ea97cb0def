package admin

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Check is one condition of readiness.
type Check struct {
	// Name is one word for the answer: "log", "apps".
	Name string
	// Run returns nil when the condition holds. It returns soon after ctx ends.
	Run func(ctx context.Context) error
}

// Health answers /livez, /healthz and /readyz. Its zero value is ready.
type Health struct {
	// Checks must all hold for readiness; they run side by side. Fixed before the first request.
	Checks []Check

	// mu is held while the checks run, so that many askers cost as much as one.
	mu struct {
		sync.Mutex
		at     time.Time
		failed []string
	}
}

const (
	// checkTimeout bounds each check.
	checkTimeout = time.Second
	// checkReuse is how long the answer of a run serves others: anybody may ask, and a run asks every shard.
	checkReuse = 100 * time.Millisecond
)

// Serves reports whether path is one of the health routes.
func (*Health) Serves(path string) bool {
	return path == "/livez" || path == "/healthz" || path == "/readyz"
}

// ServeHTTP answers the health routes.
func (h *Health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		plain(w, http.StatusMethodNotAllowed, "GET only")
		return
	}
	if r.URL.Path != "/readyz" {
		plain(w, http.StatusOK, "ok")
		return
	}
	if failed := h.Failing(r.Context()); len(failed) > 0 {
		plain(w, http.StatusServiceUnavailable, strings.Join(failed, "\n"))
		return
	}
	plain(w, http.StatusOK, "ok")
}

// Failing runs the checks, or reuses a run that is a moment old, and returns one line for each that fails.
func (h *Health) Failing(ctx context.Context) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.mu.at.IsZero() && time.Since(h.mu.at) < checkReuse {
		return h.mu.failed
	}
	// An asker who leaves must not spoil the answer for those who wait behind.
	h.mu.failed = run(context.WithoutCancel(ctx), h.Checks)
	h.mu.at = time.Now()
	return h.mu.failed
}

// run runs the checks side by side: askers do not wait for one after the other to time out.
func run(ctx context.Context, checks []Check) (failed []string) {
	errs := make([]error, len(checks))
	var all sync.WaitGroup
	for i, c := range checks {
		all.Go(func() { errs[i] = c.within(ctx, checkTimeout) })
	}
	all.Wait()
	for i, c := range checks {
		if errs[i] != nil {
			failed = append(failed, fmt.Sprintf("%s: %s", c.Name, oneLine(errs[i].Error())))
		}
	}
	return failed
}

func (c Check) within(ctx context.Context, d time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return c.Run(ctx)
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", "; ") }

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, text) //nolint:errcheck // the asker is gone
}
