// Package clock tests what a wall clock that jumps does to a node: nothing that clients would notice, but for the stamps.
//
// A node runs in the test's process, with real sockets and files, and with a clock that the test sets wrong and right
// again, by an hour to a month. Meanwhile friends, a group and a room talk without a pause, and package ledger compares
// what was acknowledged and heard with history, while the clock is wrong and after. Between a stop and a start the clock
// goes wrong in the same way. Everything here is a test.
//
// NB: the clock that is set is the one that the node is given: the one of stamps, and of what history hides. That nothing
// else looks at a wall clock is what internal/lint: TestClock_OnlyStampsRestOnTheWallClock is for.
package clock
