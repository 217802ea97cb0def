// Package lint holds parley's own rules as tests: which package may import which, that one library lives in one
// package, that every package says what it is for, that cores are pure, that tests do not sleep, what the binary links,
// and that every guarantee that docs/guarantees.md calls held names a test that exists.
//
// A rule is a function from a description of the tree to complaints, each with the rule's reason. It runs twice: on the
// tree, where it must find nothing, and on a small bad example, where it must complain. The package has no code that
// others could use.
package lint
