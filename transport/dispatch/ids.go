package dispatch

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"sync/atomic"
)

// The ids of commands share one space per address with those that clients draw, so their first letter tells them
// apart: 'e' the edge drew it, 'c' it stands for a client's.

// randomIDs returns a source of ids: a random part per process (96 bits) and a counter. Safe for concurrent use.
func randomIDs() func() string {
	var prefix [12]byte
	rand.Read(prefix[:]) //nolint:errcheck // never fails
	process := "e" + hex.EncodeToString(prefix[:]) + "-"
	var n atomic.Uint64
	return func() string { return process + strconv.FormatUint(n.Add(1), 36) }
}

// randomID draws the id of a group, a room or a passenger: 32 hex digits, not to be guessed.
func randomID() string {
	var id [16]byte
	rand.Read(id[:]) //nolint:errcheck // never fails
	return hex.EncodeToString(id[:])
}

// clientCommandID derives the id of a command from the speaker and the id that the speaker's client drew, so that the
// parties of a conversation cannot take each other's ids. A passenger's differs from that of a user of the same id.
func clientCommandID(s Say) string {
	speaker := string(s.From)
	if s.byPassenger() {
		speaker = "\x00" + speaker
	}
	sum := sha256.Sum256([]byte(speaker + "\x00" + s.ClientID))
	return "c" + hex.EncodeToString(sum[:16])
}
