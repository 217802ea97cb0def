//go:build faults

package server

import (
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/parley-im/parley/eventlog/disk"
)

// withFaults adds PUT /debug/faults to the operators' handler, by which tests make the disk fail: a disk.Faults as JSON.
func withFaults(h http.Handler) http.Handler {
	slog.Warn("this build breaks its disk on command: it is for tests alone")
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.HandleFunc("PUT /debug/faults", func(w http.ResponseWriter, r *http.Request) {
		var f disk.Faults
		err := json.NewDecoder(r.Body).Decode(&f)
		if err == nil {
			err = disk.SetFaults(f)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	return mux
}
