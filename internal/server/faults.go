//go:build faults

package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/parley-im/parley/eventlog/disk"
	"github.com/parley-im/parley/im"
)

// withFaults adds PUT /debug/faults to the operators' handler, by which tests make the disk fail and the wall clock go wrong:
// a disk.Faults as JSON, and beside its fields `clockAhead`, by which the clock is ahead, as time.ParseDuration reads it.
func withFaults(h http.Handler) http.Handler {
	slog.Warn("this build breaks its disk and its clock on command: it is for tests alone")
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.HandleFunc("PUT /debug/faults", func(w http.ResponseWriter, r *http.Request) {
		var f struct {
			disk.Faults
			ClockAhead string `json:"clockAhead"`
		}
		err := json.NewDecoder(r.Body).Decode(&f)
		if err == nil {
			err = errors.Join(disk.SetFaults(f.Faults), setClock(f.ClockAhead))
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	return mux
}

// wrong is what clockAhead returns.
var wrong atomic.Int64

// clockAhead is by how many ms the clock is ahead of the machine's.
func clockAhead() im.Millis { return im.Millis(wrong.Load()) }

func setClock(ahead string) error {
	var d time.Duration
	if ahead != "" {
		var err error
		if d, err = time.ParseDuration(ahead); err != nil {
			return fmt.Errorf("clockAhead: %w", err)
		}
	}
	wrong.Store(d.Milliseconds())
	return nil
}
