package main

import "testing"

func TestBytesFlag_ReadsAndWritesSizes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		bytes uint64
		back  string
	}{
		{"0", 0, "0"},
		{"1", 1, "1"},
		{"1025", 1025, "1025"},
		{"2KiB", 2 << 10, "2KiB"},
		{"1024KiB", 1 << 20, "1MiB"},
		{"512MiB", 512 << 20, "512MiB"},
		{"3GiB", 3 << 30, "3GiB"},
		{"4TiB", 4 << 40, "4TiB"},
	} {
		var b bytesFlag
		if err := b.Set(c.text); err != nil || uint64(b) != c.bytes || b.String() != c.back {
			t.Errorf("%q: %d, %q, %v; want %d, %q", c.text, b, b.String(), err, c.bytes, c.back)
		}
	}
	for _, bad := range []string{"", "MiB", "-1", "1.5GiB", "5MB", "1 GiB", "9999999TiB", "99999999999999999999"} {
		var b bytesFlag
		if err := b.Set(bad); err == nil {
			t.Errorf("%q was taken for %d", bad, b)
		}
	}
}
