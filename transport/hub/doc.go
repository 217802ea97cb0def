// Package hub is a node's table of live sessions: it knows which sessions each user has here, and hands messages to
// all of them.
//
// The Socket.IO server joins a session when its login is accepted and takes it out when it ends; the cluster calls
// Deliver for what reached a user. A delivery is encoded once and framed once per Variant; the sessions share the
// bytes. Deliver never blocks: a session that does not keep up is cut by its own connection, not waited for.
//
// Promises: deliveries of one caller reach a session in the order of the calls. A message that was told again is
// dropped: per session and teller the highest number n is remembered for RepeatWindow at least, unless one session
// hears from more than maxTellers tellers in that time. A session that left gets nothing more.
//
// A Hub is safe for concurrent use and starts no goroutine. Its locks are striped by user; a Session's methods are
// called with one held, so they must not call back into the Hub.
package hub
