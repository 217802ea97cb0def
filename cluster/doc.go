// Package cluster says which node runs an address, and carries commands there.
//
// Placement follows Raft leadership: the node that leads a shard runs the shard's actors. A Node is told of leaders
// (LeaderChanged), keeps one owner actor for each shard and term that it leads, and answers protoactor's identity
// look-up with "ask the owner on the leader's node". A single node takes the same path. It is the only one so far: a Node
// knows no address but its own, and a call to what another replica leads is answered with Retry.
//
// Call carries commands and promises their order per actor, a bound in bytes per actor and in number over all, and one
// answer each, in time. What an actor has not taken counts against the bounds although its caller was told that no answer
// came, so that no mailbox grows with time-outs. Nudge carries what may be lost.
//
// Of protoactor's cluster only the thin parts are used: members are those configured, never those that gossip believes
// to be alive; gossip is left idle; nothing blocks inside an actor. The reasons are in docs/adr, 0002 and 0007.
//
// A Node is safe for concurrent use. It lives from Start to Stop, which waits for its goroutines and answers what is in
// flight; owners exist between Serve and Stop.
package cluster
