package engineio

import "sync"

// table holds the sessions of an Engine by their id, and counts what Close must wait for.
type table struct {
	// maxPolling bounds the sessions without a connection, and maxAuthBytes what is kept of their logins; overflow: addPolling
	// refuses. The others are bounded by their connections.
	maxPolling, maxAuthBytes int
	// running counts requests, and sessions from their opening until their handler has heard of the end. It grows while mu is
	// held and closed is false, or while a request is counted.
	running sync.WaitGroup

	// mu is taken after that of a session.
	mu struct {
		sync.Mutex
		closed bool
		// sessions are those that are open, that wait for a last poll, or that have a request in progress.
		sessions map[string]*Session
		// polling are those of sessions that have no WebSocket, those included that ended and wait for a last poll, with the
		// bytes of their logins. authBytes is the sum.
		polling   map[*Session]int
		authBytes int
	}
}

func (t *table) init(maxPolling, maxAuthBytes int) {
	t.maxPolling, t.maxAuthBytes = maxPolling, maxAuthBytes
	t.mu.sessions = make(map[string]*Session)
	t.mu.polling = make(map[*Session]int)
}

// begin counts a request, unless shut was called. end undoes it.
func (t *table) begin() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mu.closed {
		return false
	}
	t.running.Add(1)
	return true
}

func (t *table) end() { t.running.Done() }

// add takes in a session with a WebSocket, whose server looks after its end when the engine closes.
func (t *table) add(s *Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mu.sessions[s.id] = s
	t.running.Add(1)
}

// addPolling takes in a session that is polled, whose login has so many bytes.
func (t *table) addPolling(s *Session, authBytes int) *fault {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mu.closed {
		return faultClosing
	}
	if len(t.mu.polling) >= t.maxPolling || t.mu.authBytes+authBytes > t.maxAuthBytes {
		return faultCrowded
	}
	t.mu.sessions[s.id] = s
	t.mu.polling[s] = authBytes
	t.mu.authBytes += authBytes
	t.running.Add(1)
	return nil
}

// upgraded notes that s has a WebSocket.
func (t *table) upgraded(s *Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.uncountLocked(s)
}

// forget takes s out. It may be out already. While it is busy it stays among the sessions, since shut must find the requests
// that are in progress; it does not count as one that polls, for these have connections.
func (t *table) forget(s *Session, busy bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.uncountLocked(s)
	if !busy {
		delete(t.mu.sessions, s.id)
	}
}

// uncountLocked ends that s is one that polls, if it is.
func (t *table) uncountLocked(s *Session) {
	t.mu.authBytes -= t.mu.polling[s]
	delete(t.mu.polling, s)
}

// find returns the session with that id, nil = there is none.
func (t *table) find(sid string) *Session {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mu.sessions[sid]
}

// shut refuses requests from now on and lists the sessions.
func (t *table) shut() []*Session {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mu.closed = true
	return t.listLocked()
}

// list lists the sessions.
func (t *table) list() []*Session {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.listLocked()
}

func (t *table) listLocked() []*Session {
	list := make([]*Session, 0, len(t.mu.sessions))
	for _, s := range t.mu.sessions {
		list = append(list, s)
	}
	return list
}
