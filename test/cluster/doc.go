// Package cluster looks at three nodes, and at four and five, from outside, as real processes that real clients talk to: what is said on one node
// is heard on the others once and in order, and nothing that was acknowledged is lost or doubled when nodes are
// killed, one or all of them, stopped one after the other, or stand still for a while.
//
// PARLEY_SOAK=1 makes the tests of kills and restarts long; `make soak` runs those that write a report (TestKills, TestSerial, TestReplace).
package cluster
