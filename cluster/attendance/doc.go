// Package attendance knows which nodes have sessions of a user or passenger, or listeners of a room, and takes to them what
// actors say.
//
// Each node has one Attendance, with two sides. As the hub's side it is told by the hub of every change of what is here
// (Changed), and announces that to the owner of the address's shard: all of it when the owner is a new one or its link came
// up, then every change, in order. As the owner's side it keeps, for each shard that this node leads, a table of what the
// other nodes announced, and hands what actors say to the hub here and, over the links, to each node that has somebody, once.
// It is the actors' Hub. A node alone does the same, with nobody to announce to.
//
// A new owner's table is gathered: until every other node has announced all of its own, or is down, or GatherTime has passed,
// what actors say waits, in order. A node whose announcement comes later than that, or again after its link was down, is told
// to evict: its sessions may have missed something, so they are closed, come back, and read what they missed.
//
// Users who are there when a node becomes their owner have actors that sleep; they are nudged to wake, a few at a time, so that
// friends hear when they go. Of whom nobody is there, friends are told by Away, once that is certain.
//
// Promises: a delivery that is done has been taken by the hub of every node with sessions of its user that were let in
// before, but those that are evicted. What one actor says reaches a node in the order of the calls. What a node is not heard
// to have taken within AnswerTime, or that it was sent when its link broke, ends with im.Unavailable, and its caller says it
// again: hubs drop repeats. DESIGN.md says why all this is so.
//
// An Attendance is safe for concurrent use; no method blocks. Its locks are one per shard, taken after the hub's and before
// those of the links; the hub, callbacks and Nudge are called without them. Its timers end with Close.
package attendance
