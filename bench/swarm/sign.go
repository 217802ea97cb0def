package swarm

import (
	"crypto/md5"
	"encoding/hex"
	"strconv"
	"time"
)

// Sign returns the signature of a login or REST call (MaxIM protocol, section 2): the hex MD5 of the time in milliseconds
// followed by the key, a comma, and the milliseconds.
func Sign(key string, at time.Time) string {
	ms := strconv.FormatInt(at.UnixMilli(), 10)
	sum := md5.Sum([]byte(ms + key)) //nolint:gosec // the protocol's signature
	return hex.EncodeToString(sum[:]) + "," + ms
}
