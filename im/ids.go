package im

import "time"

// AppID names an app, the tenant inside which everything lives. 1-64 characters of [A-Za-z0-9_-].
type AppID string

// UserID names a user of an app, chosen by the application. 1-128 characters of [A-Za-z0-9_-].
type UserID string

// PassengerID names a passenger of an app, chosen by the application or drawn by the server. Passengers and users of the
// same id have nothing to do with each other. 1-128 characters of [A-Za-z0-9_-].
type PassengerID string

// GroupID names a group of an app, drawn by the server. 1-128 characters of [A-Za-z0-9_-].
type GroupID string

// RoomID names a room of an app, drawn by the server. 1-128 characters of [A-Za-z0-9_-].
type RoomID string

// InstallID names an installation: one app install on one device, chosen by the client. 1-128 characters of
// [A-Za-z0-9_-].
type InstallID string

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

// Valid reports whether p is a well-formed passenger id.
func (p PassengerID) Valid() bool { return validID(string(p), MaxIDLen) }

// Valid reports whether g is a well-formed group id.
func (g GroupID) Valid() bool { return validID(string(g), MaxIDLen) }

// Valid reports whether r is a well-formed room id.
func (r RoomID) Valid() bool { return validID(string(r), MaxIDLen) }

// Valid reports whether i is a well-formed installation id.
func (i InstallID) Valid() bool { return validID(string(i), MaxIDLen) }

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
