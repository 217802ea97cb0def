// Package roster keeps who the nodes of the cluster are: one record that all of them have, on the cluster's own shard.
//
// A Roster is a fold over events and never changed: members, invitations, who has left. What may be done to it are pure
// functions from a Roster to events, or to a refusal (Invite, Replace, Admit, Remove, Move, Drain). Nodes is the shell: it
// follows the record and appends to it, at any member, however many do so at once (package register).
//
// The rules:
//
//   - A node becomes a member after it was invited by its name, and at no other time. An invitation counts for InvitationTime,
//     by its stamp, and for one node.
//   - A member is a data directory. Its number is one more than the highest that there ever was, and is never used again; no
//     two members have one name or one address. There are one to MaxMembers of them.
//   - A node that joins under the name of a member takes its place: that member has left with the same event.
//   - A member is removed or replaced, or drained, only while what remains has a majority that is up, as the node sees it
//     that is asked. That is against slips of the hand; that no majority is lost in a change is Raft's to see to.
//
// The record begins with the first change, which writes down the members with which the cluster was formed. Until then every
// member has them from its own data directory.
//
// What the nodes do about it (replicas, links) is not said here: it follows from the Roster, and is for those who are told of it.
package roster
