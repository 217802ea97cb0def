package engineio

import (
	"net/http"
	"strconv"
)

// fault is an error of the Socket.IO endpoint (section 3.10).
type fault struct {
	status, code int
	message      string
}

var (
	faultTransport = &fault{http.StatusBadRequest, 0, "Transport unknown"}
	faultSID       = &fault{http.StatusBadRequest, 1, "Session ID unknown"}
	faultMethod    = &fault{http.StatusBadRequest, 2, "Bad handshake method"}
	faultRequest   = &fault{http.StatusBadRequest, 3, "Bad request"}
	// The codes of these are those that REST has for the same (section 13).
	faultClosing = &fault{http.StatusServiceUnavailable, 5013, "Server is closing"}
	faultCrowded = &fault{http.StatusServiceUnavailable, 5014, "Too many sessions"}
)

// refuse answers with f.
func refuse(w http.ResponseWriter, f *fault) {
	body := append([]byte(nil), `{"code":`...)
	body = strconv.AppendInt(body, int64(f.code), 10)
	body = append(body, `,"message":"`...)
	body = append(append(body, f.message...), `"}`...)
	w.Header().Set("Content-Type", "application/json")
	if f.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(f.status)
	_, _ = w.Write(body) // a client that is gone needs no answer
}
