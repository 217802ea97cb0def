// Package servertest runs parley as a process, for tests that look at it from outside.
//
// Start builds the binary once per test process, unless PARLEY_TEST_BINARY names one, starts a node on free ports and a
// data directory of the test's, and waits until it is ready; the test then speaks to it (Client), kills it, ends it and
// starts it again on the same ports and data. Run calls the binary for one answer.
//
//	func TestMain(m *testing.M) { servertest.Main(m) }
//
//	n := servertest.Start(t)
//	n.Client().Expect(http.MethodPost, "/ctx/tom/friends/jerry", http.StatusOK)
//	n.Kill()
//	n.Restart()
//
// StartCluster does the same for some nodes that are each other's peers.
//
// With the race detector (go test -race) the binary is built with it, too, and every race that it sees fails the test that
// started it, but for those of libraries that are known (WatchRaces).
//
// What goes wrong ends the test with the node's output. A Node is used by one goroutine at a time; its Client by any.
package servertest
