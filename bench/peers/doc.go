// Command peers measures rooms of parley beside those of other servers and of bare programs, under the same loads, with the same
// load generator, in one run.
//
//	make bench-peers
//	bin/peers -scenarios 1x100,1x1000 -servers parley,limit-co,nats -repetitions 3 -duration 10s -out bench/results/mine
//
// It is a module of its own, so that parley's go.mod knows none of the others. Loads and the generator are those of bench/fanout;
// what differs between servers is a fanout.Protocol, and each peer has one file: how its server is run, and how it is spoken to.
// Servers take turns. Each run starts one anew as a child process on the first core, while the load has the second, and the child
// ends with it, also when this process dies. A server that cannot carry a load is named with the reason, and the others go on.
//
// goals.go says what parley should reach. docs/benchmarks.md, "Other servers", says how the servers are set up and what the figures
// do not say.
package main
