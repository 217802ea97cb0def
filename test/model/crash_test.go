package model

import (
	"time"

	"github.com/parley-im/parley/internal/servertest"
)

// kill ends the server between two steps.
func (w *world) kill() {
	w.note("SIGKILL")
	w.count("SIGKILL between steps")
	w.comeBack(w.restart(w.node.Kill))
	w.agree()
}

// stop ends the server cleanly.
func (w *world) stop() {
	w.note("SIGTERM")
	w.count("SIGTERM")
	w.comeBack(w.restart(func() {
		code := w.node.Terminate()
		w.mustf(code == 0, "expected exit code 0 after SIGTERM, got %d", code)
	}))
	w.agree()
}

// restart ends the server by end, starts it again and returns the sessions that ended with it.
func (w *world) restart(end func()) []*session {
	end()
	ended := time.Now()
	for _, s := range w.live {
		w.ended(s)
	}
	w.http.CloseIdleConnections()
	w.node.Restart()
	w.restarts = append(w.restarts, time.Since(ended).Round(time.Millisecond))
	w.mail.restarted(ended)
	gone := w.live
	w.live = nil
	return gone
}

// comeBack lets some of the sessions that a restart ended log in again, as clients do. What was under way at the
// restart must be in the model by then: a passenger brings its attributes with it, which go over those of a change that
// came before.
func (w *world) comeBack(gone []*session) {
	for i, s := range gone {
		if i < fewSessions || w.chance(50) {
			w.enter(s.manner)
		}
	}
}

// ended waits for the end of a session whose server is gone. It must not have been told to stay away.
func (w *world) ended(s *session) {
	select {
	case <-s.conn.Done():
	case <-time.After(servertest.Patience):
		w.mustf(false, "%s: expected its connection to end, it has not", s.name)
	}
	w.mustf(!s.conn.Dismissed(), "%s: expected its connection to end, it was told to stay away", s.name)
}

// agree waits until everything agrees: what the server owed when it ended, it tells once it is back.
func (w *world) agree() {
	w.must(w.settle(servertest.Patience, w.everything))
	w.must(w.settle(servertest.Patience, w.whoIsThere))
}
