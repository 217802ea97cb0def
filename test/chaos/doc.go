// Package chaos disturbs three nodes while everybody talks, and looks whether what parley promises was kept.
//
// The nodes are real processes on loopback, built with the tag faults. All that they say to each other, for Raft and between
// actors, goes through proxies of the test's process (cable), a pair for each two nodes; clients are connected to the nodes
// directly. Twelve users on all nodes talk by real sockets, each with a friend, in one of two groups and in a room; and just before each fault
// each says one message to each of three strangers (shot). When a
// connection ends they come back, to any node that lives, and to their own when all is well; what has no answer they say again with the same
// id, half of them after hanging up on a node that is slow, and repeat after each login what was acknowledged last. Some
// speak without ids and give up what nobody answered. Six more clients, by REST, join and leave groups and rooms, write an
// attribute, and read both. What they did, heard and were answered is noted at the clients, by one clock.
//
// # Faults
//
// One at a time, each in turn in an order that the seed decides; afterwards it is waited until everybody had success again,
// and a little longer:
//
//   - SIGKILL of a node, of a node that leads one of the groups, of two nodes, of all; then they are started again
//   - SIGSTOP of a node, of a leader, of two nodes, for 1 to 10 s, then SIGCONT
//   - a node, or a leader, is cut off: connections are reset and new ones refused
//   - silence around a node: its connections stay, and carry nothing
//   - a leader is not heard, or hears nothing: the same, one way
//   - two nodes are cut apart, or one does not hear the other, while both reach the third
//   - all that a node says and hears is 200 ms late; or is, and then the node is killed
//   - the clock of a leader is 30 days ahead, or an hour back
//
// # Checks
//
//   - G1: each message that was acknowledged is in history, under the number and with the stamp of its acknowledgement
//   - G2: each message is there once at most, with an id or without; a repeat is answered as the first was
//   - G3: numbers are 1, 2, 3... and stamps grow; all nodes give one history; a speaker's messages are in their order, and
//     a message that was answered before another was said, by whomever, comes before it; what each connection heard is in that
//     order, each message once
//   - G5: what was done to each group and room, and read of it, is linearizable, limits included (porcupine); in the end the
//     lists of the users agree
//   - G6: no two messages were acknowledged with one number; a node that cannot reach a majority acknowledges nothing
//   - G7: whoever was connected when a message was first said has heard it: all of it if the connection lasted, else all before
//     the last that it heard; and what was said just before a fault within 30 s after it, without anybody touching the conversation
//   - what is heard in the room was said there, is heard once, and in the order of its speaker; after each fault everybody hears it
//     again within 30 s
//   - who is connected to nodes that were not hit waits 15 s at most for an acknowledgement; after each fault everybody has one
//     within 30 s; no node ends by itself; nobody is refused but for now
//
// How often friends were said to be gone who were there, at nodes within reach, is a figure, not a check. The retention is a year, since an id is
// forgotten when its conversation has gone on with stamps a window later (docs/guarantees.md, G12), as a clock ahead makes it do.
//
// Each checker is a function of notes, and is shown to find what is planted in them. The run takes three minutes; make chaos
// makes it three times 15, PARLEY_CHAOS=20m makes it another length, PARLEY_SEED repeats its schedule, though not what clients
// and nodes make of it, and PARLEY_CHAOS_LOGS names a directory for what nodes logged in a run that failed.
package chaos
