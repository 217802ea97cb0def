// Package child runs a server as a child process for the time of a benchmark.
//
//	p, err := child.Start(ctx, child.Command{Path: self, Args: []string{"serve", ...}, Ready: url + "/readyz"})
//	defer p.Stop()
//
// The child never survives: it is ended (SIGTERM, then SIGKILL) by Stop and by the end of ctx, and on Linux also when
// this process dies without a word. It is in a process group of its own, so that Ctrl-C in a terminal reaches this process
// alone, which then ends its connections first. It sees none of parley's own environment variables: a PARLEY_CONFIG that
// the user has set for a real node must not find its way into a measurement.
//
// One goroutine per process waits for its end; Stop waits for that goroutine. A Process is safe for concurrent use.
package child
