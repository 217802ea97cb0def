package engineio

import (
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
	// B64 says that the client takes no binary: revision 3 is polled as text then.
	B64 bool
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
	case "b64":
		h.B64 = value != ""
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

// The values of Handshake.Transport that are spoken.
const (
	transportPolling   = "polling"
	transportWebSocket = "websocket"
)
