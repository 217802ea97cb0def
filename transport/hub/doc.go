// Package hub is a node's table of live sessions: it knows which sessions each user or passenger has here and which rooms
// they listen to, and hands messages to all of them.
//
// The Socket.IO server enters a session while its login is being decided, so that the rooms of its user, which the login
// makes known, are kept; it admits the session when the login is accepted, and takes it out when it ends. The actors
// call the rest: Deliver for what reached a user, Publish for what was said in a room, Listen for who is in which room,
// Announce for which friends are online, Proclaim for users whom all others are to hear of. Broadcast is for what the app
// says to everybody. Relay is Publish on the other nodes. What the Hub has of each address is reported as it changes, and Evict closes the sessions of who may have
// missed something: which node is to hear of what is package attendance's to know. An event is encoded and framed once; the sessions share the bytes. Nothing
// here blocks but Publish, which lets the room's actor wait: a session that does not keep up is cut, not waited for.
//
// Promises: what one caller delivers and announces reaches a session in the order of the calls, and so does what it publishes in a
// room; a room's messages gather while a pass over its listeners is under way, and so may be overtaken by others. A message that
// was told again is dropped: per session and teller the highest number n, and the highest seq of what the app said, is
// remembered for RepeatWindow at least, unless one session hears from more than maxTellers tellers in that time. Messages
// of a room are not numbered, and never repeats. A session that was not admitted, or that left, gets nothing. Of a room, sessions hear
// what is published after Listen has made their user a listener and before it has made it none, exactly; what waits for a pass then
// comes a little later. A user or a room takes no memory when no session needs it.
//
// Announce says what is so, and sessions hear what they do not believe already: the Hub remembers that for each user who is
// here, and an actor that starts over need not.
//
// A room costs as much as a message has receivers: a pass over its listeners allocates nothing for each of them, and a
// listener is added or taken out in the same time however many there are, and however much is said: a pass under way is not waited for.
//
// A Hub is safe for concurrent use. It has a goroutine for each room in which something was said that not all have yet. Its locks are striped by user, and one per room; a Session's
// methods and Options.OnChange are called with one held, so they must not call back into the Hub.
package hub
