package blob

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
)

// Name is what a file is found by, 8 hex digits, a slash, 8 hex digits, an extension:
//
//	0f3a9c1e/77b0d2e4.jpg       a file
//	0f3a9c1e/77b0d2e4.sm.jpg    its thumbnail
//
// The digits are 64 random bits: whoever was not told a name does not guess it, and it is not given twice.
type Name string

const (
	// half is a half of the digits.
	half = 8
	// digits is the length of a name before its extension.
	digits = half + 1 + half
	// maxExt bounds an extension.
	maxExt = 8
	// small marks a thumbnail.
	small = ".sm"
)

// NewName returns a name that nobody has. ext is without its dot.
func NewName(ext string) Name {
	var b [half]byte
	_, _ = rand.Read(b[:]) // it never fails
	h := hex.EncodeToString(b[:])
	n := Name(h[:half] + "/" + h[half:] + "." + ext)
	if _, ok := ParseName(string(n)); !ok {
		panic(fmt.Sprintf("blob: %q is no extension", ext))
	}
	return n
}

// ParseName reports whether s is a name.
func ParseName(s string) (Name, bool) {
	if len(s) <= digits || s[half] != '/' || !isHex(s[:half]) || !isHex(s[half+1:digits]) {
		return "", false
	}
	ext := s[digits:]
	if rest, found := strings.CutPrefix(ext, small+"."); found {
		ext = "." + rest
	}
	if len(ext) < 2 || ext[0] != '.' || ext == small || !isExt(ext[1:]) {
		return "", false
	}
	return Name(s), true
}

// Ext returns the extension, without its dot.
func (n Name) Ext() string { return string(n[strings.LastIndexByte(string(n), '.')+1:]) }

// Thumbnail returns the name of the thumbnail of a file, whose extension may be another one.
func (n Name) Thumbnail(ext string) Name { return n[:digits] + small + Name("."+ext) }

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdef") == ""
}

func isExt(s string) bool {
	return len(s) <= maxExt && strings.Trim(s, "0123456789abcdefghijklmnopqrstuvwxyz") == ""
}
