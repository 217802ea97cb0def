// Package cluster says which node runs an address, and carries commands there.
//
// Placement follows Raft leadership: the node that leads a shard runs the shard's actors. A Node is told of leaders
// (LeaderChanged), keeps one owner actor for each shard and term that it leads, and finds an actor by asking the owner on
// the leader's node. A single node takes the same path.
//
// Call carries commands and promises their order per actor, a bound in bytes per actor and in number over all, and one
// answer each, in time. What an actor has not taken counts against the bounds although its caller was told that no answer
// came, so that no mailbox grows with time-outs. Nudge carries what may be lost.
//
// Between nodes all of it travels as pb.Mail, over a link that the Node is given (Sender) and that tells it what comes
// (Receive) and when a peer is gone (PeerDown). A process id whose address is another node's name leads to the link. Of
// protoactor only its actors are used: members are those configured, and nothing is decided by who seems to be alive. The
// reasons are in docs/adr, 0002, 0007 and 0016.
//
// A call that may have had an effect is never sent twice by a Node: it ends with Unavailable when its owner's node goes
// down, when the owner was deposed and stays silent, when its actor ended or when the answer found no room, and with Retry when it
// is known that nobody took it. Whoever called sends it again under the same id.
//
// A Node is safe for concurrent use. It lives from Start to Stop, which waits for its goroutines and answers what is in
// flight; owners exist between Serve and Stop.
package cluster
