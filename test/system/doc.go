// Package system tests parley from outside, as operators and clients meet it: the built binary as a process of its own,
// its flags, signals, exit codes and files, with clients that speak by socket and REST. Everything here is a test;
// the package has no code that others could use.
//
// Each test starts its own server on its own ports and directory. Nothing but what is old waits for time to pass: every other wait is for a
// condition and has a deadline. Random choices come from a seed that is printed; PARLEY_SEED repeats a run.
// PARLEY_SOAK=1 makes the kill and churn tests long and lets them write their reports.
package system
