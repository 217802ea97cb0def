package im

import "time"

// AppID names an app, the tenant inside which everything lives. 1-64 characters of [A-Za-z0-9_-].
type AppID string

// UserID names a user of an app, chosen by the application. 1-128 characters of [A-Za-z0-9_-].
type UserID string

// SessionID names one live socket. It is drawn by the server, unguessable, and unique for the life of a cluster.
type SessionID string

// Millis is a point in time: integer milliseconds since 1970-01-01 UTC.
type Millis int64

// At converts a wall-clock time to Millis.
func At(t time.Time) Millis { return Millis(t.UnixMilli()) }

// Time converts m to a time.Time in UTC.
func (m Millis) Time() time.Time { return time.UnixMilli(int64(m)).UTC() }

const (
	// MaxAppIDLen bounds an AppID, in bytes.
	MaxAppIDLen = 64
	// MaxIDLen bounds user, group, room and installation ids, in bytes.
	MaxIDLen = 128
	// MaxMessageIDLen bounds an id that a client draws for a message, in bytes.
	MaxMessageIDLen = 64
)

// Valid reports whether a is a well-formed app id.
func (a AppID) Valid() bool { return validID(string(a), MaxAppIDLen) }

// Valid reports whether u is a well-formed user id.
func (u UserID) Valid() bool { return validID(string(u), MaxIDLen) }

// ValidMessageID reports whether id may name a message: 1-64 characters of [A-Za-z0-9_-].
func ValidMessageID(id string) bool { return validID(id, MaxMessageIDLen) }

func validID(s string, limit int) bool {
	if s == "" || len(s) > limit {
		return false
	}
	for i := range len(s) {
		if !idByte(s[i]) {
			return false
		}
	}
	return true
}

func idByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}
