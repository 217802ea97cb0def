// Package entry lets clients in who ask for a WebSocket, past an http.Server and what that costs: a goroutine whose stack grows
// anew, buffers, and the care for a next request, for a connection of which it sees one.
//
//	l := entry.New(listener, entry.Options{Handler: h, Wants: w, HeaderTimeout: 10 * time.Second})
//	go server.Serve(l) // everything else
//
// A Listener reads the beginning of what each new connection says. A request that Options.Wants is given to the handler at once,
// in a goroutine of a crew, with an http.ResponseWriter that can be hijacked; whatever else it is, also when it is malformed, too
// long or not whole, is accepted by the server, which reads it from the beginning. So the server knows of no request that it would
// have refused.
//
// What the handler answers without hijacking is sent when it returns, and ends the connection.
package entry
