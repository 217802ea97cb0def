//go:build !race

package ws

// beforeWrite is for the race detector.
func beforeWrite() {}
