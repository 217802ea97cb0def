// Package cluster measures what three nodes cost beside one, on one machine and in one run: how many messages of groups are
// acknowledged a second, how long an acknowledgement takes at a fixed rate, and what a node that has nothing to do takes of a
// processor.
//
//	report, err := cluster.Run(ctx, cluster.Options{Binary: self, Nodes: []int{1, 3}, Conversations: []int{1, 100, 10_000}, ...})
//
// Each cluster has directories of its own, which are filled once: with as many groups as the largest number of conversations.
// Members come in pools; a group's members are one pool, spread over the nodes, so every message is heard by as many whatever
// the number of groups. Then the clusters are started in turn, Rounds times, and asked for everything, so that what the machine
// does beside is shared among them. The others are stopped meanwhile.
//
// There are two loads. The closed one is for throughput: each member has Window messages unacknowledged, each in another
// group, and says the next when it has an answer; how long answers take then says nothing but how many wait, and is not told.
// The open one is for latency: messages are due at a fixed rate, whatever happens to those before, and the time counts from when
// a message was due, so that a server that stands still cannot hide it.
//
// Nodes and clients share the machine. So three nodes do three times the work of storing on the processors and the disk of one,
// and the ratio says what replication costs, not what three machines would do.
//
// Run is for one goroutine; all that it starts has ended when it returns, the nodes included.
package cluster
