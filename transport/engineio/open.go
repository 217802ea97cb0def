package engineio

import (
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"time"
)

// NewID draws an id of 128 random bits in URL-safe characters, unguessable and unique.
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// openPacket returns the first packet of a session (section 3.2). maxPayload is left out for revision 3, whose
// clients do not know it.
func openPacket(sid string, h Handshake, o *Options) []byte {
	b := append([]byte(nil), `0{"sid":"`...)
	b = append(b, sid...)
	b = append(b, `","upgrades":[`...)
	if h.Transport == transportPolling {
		b = append(b, `"websocket"`...)
	}
	b = append(b, `],"pingInterval":`...)
	b = appendMillis(b, o.PingInterval)
	b = append(b, `,"pingTimeout":`...)
	b = appendMillis(b, o.pingTimeout(h.Revision))
	if h.Revision == Rev4 {
		b = append(b, `,"maxPayload":`...)
		b = strconv.AppendInt(b, int64(o.WebSocket.MaxMessageBytes), 10)
	}
	return append(b, '}')
}

func appendMillis(b []byte, d time.Duration) []byte {
	return strconv.AppendInt(b, d.Milliseconds(), 10)
}
