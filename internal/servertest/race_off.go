//go:build !race

package servertest

// RaceDetector reports whether the tests, and with them the binary, are built with the race detector.
const RaceDetector = false

// Slowdown is how many times longer things may take, or how many times fewer are enough, with the race detector.
const Slowdown = 1
