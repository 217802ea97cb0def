// Package fanout measures what a room costs: members log in, some of them say, everybody hears, and each delivery is
// checked and timed.
//
//	p, err := fanout.NewMaxIM("http://127.0.0.1:8080", app, key, 4)
//	s, err := fanout.ReadScenario("bench/scenarios/1x1000.json")
//	m, err := fanout.Run(ctx, fanout.Options{Scenario: s, Protocol: p})
//
// A Scenario is a load, a Protocol how a kind of server is spoken to: MaxIM is parley's, and others may be implemented elsewhere.
// docs/benchmarks.md says what the figures mean.
//
// The load is closed or open. Closed: so many broadcasts are outstanding in all, and one is complete when every other
// member has it; that finds the most that a server does. Open: broadcasts are due on a fixed schedule, whatever the server
// does, and their latency counts from the moment when they were due; so a server that stalls cannot hide the broadcasts
// that were not said meanwhile (coordinated omission).
//
// A run logs in, makes the rooms, waits until every member hears a probe, warms up, measures, drains, and takes the rooms
// away again. Every message carries its sender, its number and its intended time (header.go), so that what was lost, heard
// twice or in the wrong order is known exactly (stream.go). Throughput counts what arrived while it was measured, latency
// belongs to the broadcasts that were due then, whenever they arrived.
//
// Sockets are read by package readers, without decoding what they say: an ear finds the mark of the run in a frame and reads
// the numbers behind it.
//
// Latencies are kept in an HDR histogram, github.com/HdrHistogram/hdrhistogram-go: three digits from a microsecond to an
// hour, constant memory, a few nanoseconds for a value. Sorting samples instead would need them all, and a run has hundreds
// of millions.
//
// Run is for one goroutine; all that it starts has ended when it returns.
package fanout
