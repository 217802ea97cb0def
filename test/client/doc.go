// Package client is a small MaxIM client for tests: it logs in by Socket.IO over WebSocket or polling, says, and
// hears, and it calls the REST API. It is written against docs/protocol.md alone and shares no code with the server, so that a
// mistake in a codec of the server cannot hide behind the same mistake here. No program of ours links it.
//
// Dial returns a Conn once the login is accepted. What the session hears goes to Options.On, from one goroutine and in
// the order of arrival; acknowledgements go to the function given to Say, from that same goroutine. A Conn ends when
// either side closes it; Done tells when, and Dismissed how. All methods are safe for concurrent use.
package client
