// Package cluster says which node runs an address, and carries commands there.
//
// Placement follows Raft leadership: the node that leads a shard runs the shard's actors. A Node is told of leaders
// (LeaderChanged), keeps one owner actor for each shard and term that it leads, and answers protoactor's identity
// look-up with "ask the owner on the leader's node". A single node takes the same path.
//
// Of protoactor's cluster only the thin parts are used: members are those configured, never those that gossip believes
// to be alive; gossip is left idle; nothing blocks inside an actor. The reasons are in docs/adr.
//
// A Node is safe for concurrent use.
package cluster
