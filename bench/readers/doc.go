// Package readers reads many sockets with few goroutines: what a load generator uses is missing to the server on its machine.
//
//	g, err := readers.New(15_000, func() readers.Handler { return &ear{} })
//	err = g.Add(0, conn, nil) // the socket number 0 belongs to g from here on
//	err = g.Write(0, frame)
//	g.Close(nil)
//
// On Linux a reader is one goroutine that waits for PerReader sockets by epoll, reads into the one buffer that it has, and hands
// what came to its Handler. A socket costs no goroutine, no timer and no buffer, but for the bytes of a frame that has not come
// whole yet. Go's own poller does not know of these sockets: it would be woken for every one of them, too. Elsewhere each socket
// has a goroutine, and the figures of the client mean little.
//
// A Handler belongs to one reader, and so may hold a histogram and plain counters. All methods of a Group but New are safe for
// concurrent use. Close waits for all goroutines; nothing is told to a Handler after it.
package readers
