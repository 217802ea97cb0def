// Package socketio is the socket edge: it lets clients log in to the namespace /chat and takes what they say, by
// Socket.IO protocols 4 and 5 over Engine.IO 3 and 4 ("The MaxIM wire protocol", sections 3.7-3.9, 4 and 5).
//
// Server is the http.Handler of the Socket.IO path. It checks logins with Options.Auth, sends commands through
// Options.Commands, and enters the sessions of users and passengers into Options.Hub, by which they get their messages.
//
// Of each session, state is the pure part: which packet means what, when. session is the shell around it: it sends,
// enters and leaves, and hands commands on. Messages that are stored go into lanes. A lane is the commands of one session
// for one target: one is in flight, the others wait in order, so that messages never overtake each other, and a retry
// overtakes nothing. What is said in rooms is never sent again, hence it is handed on as it comes, and many messages are
// under way. Both count in the session's flight, which bounds them.
//
// Promises:
//   - The CONNECT of /chat is answered once its login has been decided, so that what a client kept while it was away,
//     and sends at once when it is connected, is heard.
//   - `login` is sent once the hub listens for the user, and for the user's rooms.
//   - A refused login is told so: `login` event, DISCONNECT, and the transport closes a moment later. When the
//     cluster cannot say yes or no, the transport alone is closed, so that the client comes back.
//   - A logout is answered by a DISCONNECT once the installation is unbound, and by nothing when that was not possible.
//   - A session has at most Options.MaxInFlight commands in flight; beyond that, or beyond
//     Options.MaxInFlightBytes, its socket is not read.
//   - What a client said before it went away is still carried out.
//   - Packets that make no sense are ignored; none ends the server, or the session.
//
// All goroutines belong to the Server, whose Close waits for them, and for what is under way in rooms.
package socketio
