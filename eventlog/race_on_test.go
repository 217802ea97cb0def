//go:build race

package eventlog_test

// slowdown is how much longer ticks and waits are than without the race detector, with which nodes that share two cores would hold
// elections without end.
const slowdown = 2
