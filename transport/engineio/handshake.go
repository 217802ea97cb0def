package engineio

import (
	"net/http"
	"net/url"
	"strings"
)

// Revision is a revision of Engine.IO, and with it of Socket.IO: 3 carries Socket.IO protocol 4, 4 carries 5.
type Revision uint8

// The revisions that are spoken.
const (
	Rev3 Revision = 3
	Rev4 Revision = 4
)

// Handshake is what the query of a request says (section 3.1).
type Handshake struct {
	Revision  Revision
	Transport string
	// SID is the session that the request belongs to; "" = it asks for one.
	SID string
	// JSONP says that the client wants answers as scripts, which are not offered.
	JSONP bool
	// Auth is the login JSON; "" = none was given here.
	Auth string
}

// ParseHandshake reads the query of a request. Every query can be read; what is missing is zero.
func ParseHandshake(rawQuery string) Handshake {
	h := Handshake{Revision: Rev3}
	for pair := range strings.SplitSeq(rawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		h.set(name, unescape(value))
	}
	return h
}

func (h *Handshake) set(name, value string) {
	switch name {
	case "EIO":
		if value == "4" {
			h.Revision = Rev4
		}
	case "transport":
		h.Transport = value
	case "sid":
		h.SID = value
	case "j":
		h.JSONP = true
	case "auth":
		h.Auth = value
	}
}

// unescape undoes percent-encoding, and leaves text that is not properly encoded as it is: some clients send raw
// braces, quotes or semicolons, which url.ParseQuery drops.
func unescape(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

// fault is an error of the Socket.IO endpoint (section 3.10).
type fault struct {
	code    int
	message string
}

var (
	faultTransport = &fault{0, "Transport unknown"}
	faultSID       = &fault{1, "Session ID unknown"}
	faultMethod    = &fault{2, "Bad handshake method"}
	faultRequest   = &fault{3, "Bad request"}
)

// check decides whether a request may open a session; nil = it may.
func check(r *http.Request, h Handshake, upgrade bool) *fault {
	switch {
	case h.Transport != transportWebSocket:
		return faultTransport
	case h.SID != "":
		// Without polling no session waits for a WebSocket.
		return faultSID
	case r.Method != http.MethodGet:
		return faultMethod
	case !upgrade || h.JSONP:
		return faultRequest
	}
	return nil
}

const transportWebSocket = "websocket"
