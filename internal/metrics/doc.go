// Package metrics counts what a node does and serves it to Prometheus.
//
// It is the only importer of the Prometheus client: the rest of the tree sees plain methods and func fields that
// internal/server passes as hooks. No label ever holds an id of an app, user, conversation or message; every label's
// values are a small fixed set.
//
// A Node is safe for concurrent use; its methods do not block. It starts no goroutine.
package metrics
