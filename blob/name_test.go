package blob_test

import (
	"testing"

	"github.com/parley-im/parley/blob"
)

func TestParseName(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"0f3a9c1e/77b0d2e4.jpg":         true,
		"0f3a9c1e/77b0d2e4.sm.jpg":      true,
		"0f3a9c1e/77b0d2e4.sm":          false,
		"0f3a9c1e/77b0d2e4.smil":        true,
		"0f3a9c1e/77b0d2e4.sm.smil":     true,
		"0f3a9c1e/77b0d2e4.abcdefgh":    true,
		"0f3a9c1e/77b0d2e4.abcdefghi":   false,
		"0f3a9c1e/77b0d2e4.":            false,
		"0f3a9c1e/77b0d2e4.sm.":         false,
		"0f3a9c1e/77b0d2e4.sm.sm.jpg":   false,
		"0f3a9c1e/77b0d2e4":             false,
		"0f3a9c1e/77b0d2e4.JPG":         false,
		"0F3A9C1E/77b0d2e4.jpg":         false,
		"0f3a9c1e-77b0d2e4.jpg":         false,
		"0f3a9c1e/77b0d2e4.j/g":         false,
		"../a9c1e/77b0d2e4.jpg":         false,
		"0f3a9c1e/77b0d2e4.jpg\x00.png": false,
		"":                              false,
	} {
		if name, ok := blob.ParseName(s); ok != want || ok && string(name) != s {
			t.Errorf("%q: %q, %v, want %v", s, name, ok, want)
		}
	}
	n := blob.NewName("png")
	if got, ok := blob.ParseName(string(n)); !ok || got != n || n.Ext() != "png" {
		t.Errorf("a new name %q is none", n)
	}
	if got, want := n.Thumbnail("jpg"), n[:17]+".sm.jpg"; got != want || got.Ext() != "jpg" {
		t.Errorf("thumbnail of %q is %q, want %q", n, got, want)
	}
}
