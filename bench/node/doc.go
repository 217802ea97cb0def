// Package node is a parley of its own that a benchmark starts, looks at and ends: a child process on a directory that the
// benchmark names and free ports of the loopback, with an app whose keys are drawn.
//
//	n, err := node.New(node.Options{Binary: self, Dir: dir})
//	began, err := n.Start(ctx)
//	defer n.Stop()
//	m, err := n.Metrics(ctx)
//
// NewCluster plans several that are each other's peers; StartAll and StopAll take them together.
//
// A Node may be started again on the same directory after Stop or Kill. It keeps no connection to the process. Start, Stop
// and Kill are for one goroutine at a time, with nothing else under way; the other methods are safe for concurrent use.
package node
