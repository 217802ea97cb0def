// Package reentry brings connections back to an http.Server from which a handler took them by http.Hijacker.
//
//	back := reentry.New(l.Addr(), idle)
//	go server.Serve(l)
//	go server.Serve(back)
//	...
//	back.Return(conn, read) // what the client says next on conn is a request for server
//
// A connection waits in the Listener, with a small goroutine of its own and without net/http's buffers, until its client begins
// its next request; then the server accepts it as it would a new one. Server.Shutdown and Server.Close close the Listener with
// the server's other listeners; the connections that wait are closed, and so are those that are returned later.
//
// Connections are TCP (Conn), or what lies over it (Over). Each has one owner: Return takes it over. How many wait is bounded by what bounds the
// server's connections, since each is one of these.
package reentry
