//go:build !faults

package server

import "net/http"

// withFaults adds nothing to the operators' handler.
func withFaults(h http.Handler) http.Handler { return h }
