//go:build !race

package eventlog_test

// slowdown is that of the race detector, without it.
const slowdown = 1
