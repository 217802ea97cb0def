// Package socketio is the socket edge: it lets clients log in to the namespace /chat and takes what they say, by
// Socket.IO protocols 4 and 5 over Engine.IO 3 and 4 ("The MaxIM wire protocol", sections 3.7-3.9, 4 and 5).
//
// Server is the http.Handler of the Socket.IO path. It checks logins with Options.Auth, sends commands through
// Options.Commands, and joins the sessions of logged-in users to Options.Hub, by which they get their messages.
//
// Of each session, state is the pure part: which packet means what, when. session is the shell around it: it sends,
// joins and leaves, and hands commands to lanes. A lane is the commands of one session for one target: one is in
// flight, the others wait in order, so that messages never overtake each other, and a retry overtakes nothing.
//
// Promises:
//   - The CONNECT of /chat is answered once its login has been decided, so that what a client kept while it was away,
//     and sends at once when it is connected, is heard.
//   - `login` is sent once the hub listens for the user.
//   - A refused login is told so: `login` event, DISCONNECT, and the transport closes a moment later. When the
//     cluster cannot say yes or no, the transport alone is closed, so that the client comes back.
//   - A session has at most Options.MaxInFlight commands in flight; beyond that, or beyond
//     Options.MaxInFlightBytes, its socket is not read.
//   - What a client said before it went away is still carried out.
//   - Packets that make no sense are ignored; none ends the server, or the session.
//
// All goroutines belong to the Server, whose Close waits for them.
package socketio
