// Package reads reads shards of which this node has no replica: it asks a node that has one. What is here is read here.
//
// A Reads is what the edge reads histories and searches from. It knows this node's log by the small interface Local, finds the
// others by what the log knows of each shard's group, and reaches them by tunnels. As an http.Handler it answers what other nodes
// ask of this one; whoever serves it lets nobody but members of the cluster come there.
//
// # Promises
//
// History and Search see everything that was answered before they began, wherever it is read: each node that is asked waits for
// a barrier of its own. A shard that this node has is read here, and elsewhere only when that fails as Unavailable. Of a shard
// that is elsewhere the leader is asked first, then the other voters, those only to whom there is a link. Who fails as
// Unavailable, says nothing for a while or stops in the middle is followed by the next one; any other error is the answer, of its
// im.ErrorKind. An answer is whole or an error, never a part. A node that is asked for a shard that it has not says so at once, and asks
// nobody else: what is asked goes over one tunnel, and there are no loops.
//
// A Search of which all shards are here is the log's own, and sees one moment. Otherwise each shard is searched at one node,
// as few nodes as possible together, and each node's part is of one moment, or of one for each of its pages when the page that is
// asked for lies further back than one page of keys reaches. A record that changes meanwhile may then be missed, or come
// twice. The records are read when the page is known: those that are gone by then are left out.
//
// # Protocol
//
// A question is a POST to Path, whose body is a pb.Read of at most 512 KiB: more than fits into a request of a client. What is
// none, or asks for what cannot be, is answered 400 and one line at debug; everything else 200 and a sequence of parts:
//
//	+----+----+----+----+---------------------------+
//	|    length n       | pb.ReadPart, n bytes      |   big-endian; 0 < n <= 4 MiB
//	+----+----+----+----+---------------------------+
//
// n is looked at before anything is allocated, and memory for a long part grows as its bytes arrive. Each part but the last holds
// entries, keys or records; the last one may, and has ReadPart.end, which says how it ended: with an error, or that all was said. A stream that
// ends without it, goes on after it, holds an empty part, or more or something else than was asked for, is Unavailable, and so
// is an answer of another status: a node that starts or stops says 503.
//
// A part has about 256 KiB, or one item that is longer. An entry has 1 MiB at most, a record 128 KiB and a key 70 KiB or so, so
// the longest of them fits well.
//
// # Bounds
//
//   - A question: 512 KiB. Overflow: TooLong here, 400 there.
//   - Questions of other nodes that are at work: 1,024. Overflow: Overloaded.
//   - The answer to one: 10 s until it is taken. Overflow: cut.
//   - Tunnels to a node, each with a question: 256. Overflow: they wait, as long as they may.
//   - A History: it begins to be answered within 1.5 s, a node that has not begun after 500 ms is late, and another one is asked beside
//     it. When nobody is left, all are asked again after 100 ms. A StaleHistory: within 300 ms, 100 ms for each. Overflow: Unavailable. So
//     whoever waits without a majority is told so, or gets what is there, within 2 s.
//   - Searches over several nodes at a time: twice the cores, 4 at least; 16,384 wait. Overflow: Overloaded. Each holds one page of
//     keys of each node: 16,384, of 8 MiB at most. Another node is asked for what one has not answered only when that one is gone, or
//     has said so within a second.
//
// A Reads is safe for concurrent use. It lives until Close, which ends what it asks and what it answers, and waits for both.
package reads
