package rest

import "net/http"

// Browser clients run on other origins and send their own headers, so each of their calls is preflighted (section 7).
// Keys travel in headers, never in cookies, hence any origin may ask.

const (
	allowedMethods = "GET, POST, PUT, DELETE, OPTIONS"
	allowedHeaders = "Content-Type, X-ML-AppId, X-ML-Request-Sign, X-ML-APIKey, X-ML-MasterKey, X-ML-Session-Token, X-Parrot-Version"
	// preflightSeconds is a day; browsers cut it to their own maximum.
	preflightSeconds = "86400"
)

func allowAnyOrigin(h http.Header) { h.Set("Access-Control-Allow-Origin", "*") }

// preflight answers without authentication, whatever the path.
func preflight(w http.ResponseWriter, r *http.Request) {
	headers := allowedHeaders
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		headers = asked
		w.Header().Set("Vary", "Access-Control-Request-Headers")
	}
	w.Header().Set("Access-Control-Allow-Methods", allowedMethods)
	w.Header().Set("Access-Control-Allow-Headers", headers)
	w.Header().Set("Access-Control-Max-Age", preflightSeconds)
	w.WriteHeader(http.StatusNoContent)
}
