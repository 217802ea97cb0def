// Package link carries frames between the nodes of a cluster: one authenticated TCP connection between any two of them, or TLS over one. Beside it
// it opens tunnels, connections that carry anything.
//
// Links are started with a listener and the names and addresses of the peers, to which SetPeer adds and from which RemovePeer
// takes. Until Open they only answer handshakes, and Ask makes one, so that nodes can learn of each other before they know what
// cluster they are. AskAddr does so with a node of whom only the address is known, and which need not know this one. From Open on, the node of
// each pair whose name is the smaller one, byte by byte, dials, and dials again whenever the link is down.
//
// # Promises
//
// While a link is up, frames arrive in the order of their Sends, each once, and none is left out. What Send refused was not
// sent, whatever is sent after it. When a link goes down, what was sent and not received is lost on both sides: nothing is
// repeated. Whoever needs an answer asks for it with Frame.number, and gives up at Down.
//
// Of one peer, Up, Receive and Down are called from one goroutine: Up, Receive for each frame, Down, and again. Each Up has
// its Down, also when Links are closed, and before RemovePeer returns. Send works from before Up is called until shortly before Down. None of the three
// may block, nor call Close. The frame is the receiver's to keep.
//
// A peer that is not heard for a second is down. Both sides say something every 200 ms when there is nothing to send, and
// the reader of a link that is being read counts any byte as a word. A stopped process, a dead machine and a cut cable look
// the same. The second is counted in four pieces, each of which must pass in a running process, so that a node that was
// itself stopped looks at what has arrived before it calls its peers silent. A peer that takes nothing for a second while
// something is written is down as well, and so is one that takes a little now and then: see Bounds.
//
// A tunnel is opened by either node while there is a link, and is closed when the link goes down: so a peer that is silent ends
// its tunnels, which have no sign of life of their own. What is in them then is lost. Tunnel returns one that the peer has taken.
//
// # Handshake
//
// All numbers are big-endian. A word of a handshake is at most 8 KiB:
//
//	+----+----+----+----+---------------------------+
//	|    length n       | protobuf, n bytes         |
//	+----+----+----+----+---------------------------+
//
//	dialler                                    listener
//	  Hello{version, node, nonce, ...}    -->
//	                                      <--  Hello{version, node, nonce, ...}
//	  Proof{mac, open}                    -->
//	                                      <--  Proof{mac, open}
//	  Proof{open}                         -->                  if both said open: frames follow, both ways
//
// Who only asks is answered whoever it is, once it has proven that it knows the secret: Asked is told of it. What the listener's
// Hello says may depend on the dialler's, which is not proven by then.
//
// A node says open if it wants a link: the dialler does unless it only asks, the listener does after Open. Each then lets
// Check look at the other's Hello before its last word. If not both said open, the connection ends, and both have learnt
// the other's Hello. Instead of any Proof a node may say Proof{refused}, and the connection ends. The text is for operators;
// both sides log it, once until it changes.
//
// A dialler that wants a tunnel marks its Hello, and both say open. After the dialler's last word the listener says Proof{open} once
// more, when it has taken the tunnel; from there on the connection is theirs.
//
// A mac is HMAC-SHA256 with the cluster's secret as its key, over
//
//	"parley link\x00"  12 bytes
//	role               1 byte: 'd' proves the dialler, 'l' the listener
//	length, Hello      4 bytes and the dialler's Hello, as it was sent
//	length, Hello      4 bytes and the listener's Hello, as it was sent
//
// It covers both nonces, of 32 random bytes, so it proves nothing on another connection; and the role, so it cannot be sent
// back to its sender. It is compared in constant time. The listener proves itself after the dialler has. With an empty
// secret anybody can compute it: names and versions are looked at, nothing is authenticated. Hellos can be read by whoever
// connects, and hold nothing secret.
//
// The secret keeps strangers out. It does not encrypt frames, nor keep somebody who can change packets on their way from
// changing them. Credentials do.
//
// # TLS
//
// With Options.Credentials all of this is said in TLS, tunnels included: whoever dials begins it at once, and the handshake above follows
// in it, within the same 2 s. Who does not prove himself in it is refused, as is a node without credentials among others that have some: both sides
// log why. No word is as long as a record of TLS would make it, so a node that speaks none knows TLS when it hears it, and says a Proof{refused}, which
// is no TLS; one that speaks TLS and hears none says an alert. The silence of peers is looked for below TLS, where any byte counts, too.
//
// # Frames
//
//	+----+----+----+----+---------------------------+
//	|    length n       | pb.Frame, n bytes         |   n = 0: the sender lives
//	+----+----+----+----+---------------------------+
//
// n is at most 8 MiB and is looked at before anything is allocated; memory for a long frame grows as its bytes arrive. A
// longer one, or one that is no pb.Frame, ends the link. A frame without number and body has no bytes: it is a sign of life
// and is not received. Version 1; nodes of different versions refuse each other.
//
// # Bounds
//
//   - A frame is at most MaxFrameBytes. Overflow: Send refuses it as TooLong.
//   - What waits for a peer is at most Options.MaxPendingBytes, with what is being written; the memory for it may be
//     twice that. Overflow: Send refuses the frame as Overloaded. If nothing waits, any frame is taken. A link that goes
//     down drops what waits, and its memory.
//   - All that waits for a peer is written at once, and must be taken within 10 s: 16 MiB at 1.7 MB/s. Overflow: the link is
//     down, so that whoever waits hears of it.
//   - A handshake takes 2 s at most. 64 connections of others are in theirs at a time. Overflow: the oldest of them is closed,
//     since an honest one takes milliseconds.
//   - Tunnels of a peer are at most Options.MaxTunnels in each direction. Overflow: Tunnel refuses it as Overloaded, and the
//     listener, which counts its own ends, does not take it: Unavailable.
//   - Eight tunnels to a peer are opened at a time, so that many do not drive each other from its door; the others wait.
//   - A proven connection that waits until the link it replaces is down: one for each peer. Overflow: the older is closed.
//   - One line is logged in 2 s of what is wrong with a peer, and of all strangers together. Overflow: it is left out.
//
// Links are safe for concurrent use. They live from Start to Close, which waits for their goroutines: one that accepts, one
// for each peer and one more while its link is up, one for each handshake, which waits for Options.Tunnel as well.
package link
