// Package wiretest lists what goes over the wire, once: texts of the Socket.IO endpoint as clients and servers send them, each with
// the section of docs/protocol.md that it is from, and what it means. The tests of all that reads or writes such texts run through
// the same tables: decoders (packages engineio, packet and wire), encoders (packages wire, packet and hub), and the Socket.IO server,
// to which every text of a client's is sent through a socket.
//
//	Packets   what a client sends as Engine.IO packets, and what the server answers to each
//	Logins    what it says of itself
//	Says      what it says to others, and Logouts how it leaves
//	Answers   what acknowledges a say
//	Events    what the server sends unasked
//
// A text that a test of one layer needs, and that says something about the protocol, belongs here; what only shows a bound of ours
// stays with the code that has it. Where the tables name somebody who logs in, it is tom, of the app "a", whose signature "good" is
// right; a server test must arrange for that.
//
// The package knows no decoder and no encoder. Nobody changes the tables.
package wiretest

// Case is one text.
type Case struct {
	// Name says what is special about it. No other of its table has the same.
	Name string
	// Section is that of docs/protocol.md: "3.8".
	Section string
	// Text is what goes over the wire; the tables say which part of it.
	Text string
}
