// Package lint holds parley's own rules as tests: which package may import which, that one library lives in one
// package, that every package says what it is for, that cores are pure, that tests do not sleep and look for goroutines
// that they leave, what the binary links and that Pebble version 1 stays where dragonboat wants it, that every
// guarantee that docs/guarantees.md calls held names a test that exists, that every bound in docs/limits.md names its
// code and its test, that every row of docs/protocol.md is in docs/coverage.md with its test or a reason to have none,
// that ARCHITECTURE.md names code and tests that exist, that the Makefile has the targets that documents name, and that no
// file refers to the machine or the mirror that it was written with.
//
// A rule is a function from a description of the tree to complaints, each with the rule's reason. It runs twice: on the
// tree, where it must find nothing, and on a small bad example, where it must complain; only those that look at one file
// or one version run once. The package has no code that others could use.
package lint
