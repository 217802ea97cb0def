package model

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// Sessions come and go, but there are always some and never very many.
const (
	fewSessions  = 9
	manySessions = 26
)

// login logs in one more session. What is said right after is for it too.
func (w *world) login() {
	if len(w.live) >= manySessions {
		w.logout()
		return
	}
	m := w.manner(w.user())
	m.install = w.install()
	s := w.enter(m)
	if s.install != "" && w.chance(50) {
		w.must(w.ask(w.askUsers(names)...)) // whose it was has it no more
	}
	if speakers := w.speakersTo(s.user); len(speakers) > 0 && w.chance(50) {
		w.talk(w.letter(oneOf(w, speakers), client.Friend, s.user))
	}
}

// manner draws how a session of user is opened.
func (w *world) manner(user string) manner {
	return manner{user: user, revision: 3 + w.rng.IntN(2), polling: w.chance(40)}
}

// enter logs in a session.
func (w *world) enter(m manner) *session {
	s := newSession(w.next(), m)
	var err error
	s.conn, err = w.dial(s)
	w.note("%s logs in, %v, by EIO %d, installation %q, brings %v: %v", s.name, m, m.revision, m.install, m.brings, err)
	w.mustf(err == nil, "%s logs in: %v", s.name, err)
	w.t.Cleanup(s.conn.Cut)
	w.count("login of " + m.String())
	w.live = append(w.live, s)
	if isPassenger(s.user) {
		w.welcomed(s)
		return s
	}
	w.model.users[s.user] = true
	if s.install != "" {
		w.model.installs[s.install] = s.user
	}
	return s
}

// dial logs s in.
func (w *world) dial(s *session) (*client.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), servertest.Patience)
	defer cancel()
	o := client.Options{
		Addr: w.node.Listen, App: servertest.App, Sign: client.SignNow(servertest.ClientKey), User: s.user, Install: s.install,
		Revision: s.revision, Polling: s.polling,
		On: func(event string, arg json.RawMessage) { w.mail.hear(s, event, arg) },
	}
	if isPassenger(s.user) {
		object, err := json.Marshal(description(s.user, s.brings))
		if err != nil {
			return nil, err
		}
		o.User, o.Passenger = "", string(object)
	}
	return client.Insist(ctx, o)
}

// String says what is counted.
func (m manner) String() string {
	who, how := "a user", "WebSocket"
	if isPassenger(m.user) {
		who = "a passenger"
	}
	if m.polling {
		how = "polling"
	}
	return who + " by " + how
}

// logout ends a session, with a goodbye or without a word.
func (w *world) logout() {
	if len(w.live) <= fewSessions {
		w.login()
		return
	}
	s := oneOf(w, w.live)
	w.live = slices.DeleteFunc(w.live, func(o *session) bool { return o == s })
	if w.chance(50) {
		w.note("%s is cut", s.name)
		w.count("cut")
		s.conn.Cut()
		return
	}
	err := s.conn.Close()
	w.note("%s says goodbye: %v", s.name, err)
	w.mustf(err == nil, "%s says goodbye: %v", s.name, err)
	w.count("goodbye")
}

// sessionsOf returns the live sessions of a user.
func (w *world) sessionsOf(user string) (out []*session) {
	for _, s := range w.live {
		if s.user == user {
			out = append(out, s)
		}
	}
	return out
}

// sessionsIn returns the live sessions of the users in a list.
func (w *world) sessionsIn(users []string) (out []*session) {
	for _, s := range w.live {
		if slices.Contains(users, s.user) {
			out = append(out, s)
		}
	}
	return out
}

// speakersTo returns the sessions of a user's friends.
func (w *world) speakersTo(user string) []*session {
	return w.sessionsIn(w.model.profile(user).friends)
}

// presenceGrace is how long after a friendship ended its presence may still come: what is said of presence may be on
// its way, or be said by an actor that hears of the end only after a restart.
const presenceGrace = servertest.Slowdown * 10 * time.Second

// presenceIsOfFriends checks what is checked of presence.
func (w *world) presenceIsOfFriends() (faults []string) {
	for _, p := range w.mail.takePresence() {
		w.count(p.event)
		b := w.model.bonds[pairOf(p.at.user, p.user)]
		if b == nil || !b.friends && p.came.Sub(b.parted) > presenceGrace {
			c := checker{about: p.at.name}
			c.fault("heard %s %s, who is no friend", p.event, p.user)
			faults = append(faults, c.faults...)
		}
	}
	return faults
}
