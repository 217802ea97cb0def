//go:build race

package servertest

// RaceDetector reports whether the tests, and with them the binary, are built with the race detector.
const RaceDetector = true

// Slowdown is how many times longer things may take, or how many times fewer are enough: the race detector makes a
// program two to twenty times slower, and other tests run beside it. 1 without.
const Slowdown = 4
