package auth

import (
	"crypto/md5" //nolint:gosec // the protocol's signature
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"

	"github.com/parley-im/parley/im"
)

// VerifySign checks a signature (MaxIM protocol, section 2): the lower-case hex MD5 of decimal milliseconds directly
// followed by a key, a comma, and the same milliseconds. Every key of the app verifies. The time is not looked at,
// since clients sign once and reuse that. Anything else is im.NotPermitted.
func (a *Apps) VerifySign(app im.AppID, sign string) error {
	digest, millis, ok := cutSign(sign)
	found := a.anyKey(app, func(key string) int {
		sum := md5.Sum([]byte(millis + key)) //nolint:gosec // the protocol's signature
		return subtle.ConstantTimeCompare(hex.AppendEncode(nil, sum[:]), []byte(digest))
	})
	if !ok || !found {
		return im.E("auth.VerifySign", im.NotPermitted, "wrong app, key or signature")
	}
	return nil
}

// VerifyKey checks a bare key: any of the app's. Anything else is im.NotPermitted.
func (a *Apps) VerifyKey(app im.AppID, key string) error {
	given := sha256.Sum256([]byte(key)) // so that the comparison does not tell the length
	found := a.anyKey(app, func(k string) int {
		sum := sha256.Sum256([]byte(k))
		return subtle.ConstantTimeCompare(sum[:], given[:])
	})
	if !found {
		return im.E("auth.VerifyKey", im.NotPermitted, "wrong app or key")
	}
	return nil
}

// anyKey reports whether match is 1 for a key of app. It tries all of them, and as many for an app that does not
// exist, so that its time tells nothing, but for the one in a second that is looked for.
func (a *Apps) anyKey(id im.AppID, match func(key string) int) bool {
	app, exists := a.App(id)
	if !exists && id.Valid() {
		a.lookForMore()
		app, exists = a.App(id)
	}
	if !exists {
		app = App{ClientKey: nobodysKey, MasterKey: nobodysKey}
	}
	found := matchKey(app.ClientKey, match) | matchKey(app.MasterKey, match)
	return exists && found == 1
}

// matchKey is match, but an empty key, which no app is given but a log might hold, matches nothing.
func matchKey(key string, match func(key string) int) int {
	return match(key) & (1 - subtle.ConstantTimeEq(int32(len(key)), 0))
}

// nobodysKey is as long as a drawn key.
const nobodysKey = "------------------------"

// maxMillisLen is the length of the largest 64-bit number.
const maxMillisLen = 20

func cutSign(sign string) (digest, millis string, ok bool) {
	digest, millis, ok = strings.Cut(sign, ",")
	ok = ok && len(digest) == 2*md5.Size && len(millis) >= 1 && len(millis) <= maxMillisLen && digits(millis)
	if !ok {
		return "", "", false
	}
	return digest, millis, true
}

func digits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}
