package auth

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	"github.com/parley-im/parley/im"
)

// App is one app and its keys.
type App struct {
	ID im.AppID
	// ClientKey is what the app's clients hold, MasterKey its servers. Either signs. 1-128 printable ASCII characters
	// without space, colon and comma.
	ClientKey, MasterKey string
	// Created is when the app was first saved; zero in an App that was not.
	Created im.Millis
	// Retention is how long the app's messages can be read, where that is less than the node's; 0 = as long as the node says.
	Retention time.Duration
}

// MaxKeyLen bounds a key, in bytes.
const MaxKeyLen = 128

// ParseApp parses ID:CLIENTKEY:MASTERKEY, the form of the --app flag.
func ParseApp(s string) (App, error) {
	parts := strings.Split(s, ":")
	if len(parts) != 3 {
		return App{}, im.E("auth.ParseApp", im.Invalid, "an app is ID:CLIENTKEY:MASTERKEY")
	}
	a := App{ID: im.AppID(parts[0]), ClientKey: parts[1], MasterKey: parts[2]}
	return a, a.Validate()
}

// Validate reports what is wrong with a's id or keys.
func (a App) Validate() error {
	switch {
	case !a.ID.Valid():
		return im.E("auth.Validate", im.Invalid, "an app id has 1-64 characters of A-Z a-z 0-9 _ -")
	case !validKey(a.ClientKey) || !validKey(a.MasterKey):
		return im.E("auth.Validate", im.Invalid, "a key has 1-128 printable ASCII characters without space, ':' and ','")
	case a.ClientKey == a.MasterKey:
		return im.E("auth.Validate", im.Invalid, "client key and master key must differ")
	}
	return nil
}

func validKey(k string) bool {
	if k == "" || len(k) > MaxKeyLen {
		return false
	}
	for i := range len(k) {
		if k[i] <= ' ' || k[i] > '~' || k[i] == ':' || k[i] == ',' {
			return false
		}
	}
	return true
}

// drawApp returns an app with 24 hex digits as id, as MaxLeap's have, and keys of 144 bits.
func drawApp() App {
	id, client, master := draw(12), draw(18), draw(18)
	return App{
		ID:        im.AppID(hex.EncodeToString(id)),
		ClientKey: base64.RawURLEncoding.EncodeToString(client),
		MasterKey: base64.RawURLEncoding.EncodeToString(master),
	}
}

func draw(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) //nolint:errcheck // never fails
	return b
}
