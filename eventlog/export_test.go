package eventlog

// Hurry makes elections of o take about 100 ms instead of 300.
func (o *Options) Hurry() { o.rttMillis = 5 }

// On returns o as of the node that all tests use, listening on addr.
func (o Options) On(addr string) Options {
	o.Node, o.RaftAddr = "node1", addr
	return o
}
