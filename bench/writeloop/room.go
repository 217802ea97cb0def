package writeloop

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
)

// member is a user: in rooms, connected, or both, in whatever order.
type member struct {
	id string
	// out is the member's connection; nil = none.
	out atomic.Pointer[outlet]
}

// room is a list of members. The list is replaced as a whole, so that a pass over it needs no lock.
type room struct {
	id      string
	members atomic.Pointer[[]*member]
	// queue is what is to be written to them in the next pass; nil = everything is written at once.
	queue *queue
}

// memberLocked returns the member with that id.
func (s *Server) memberLocked(id string) *member {
	m := s.mu.members[id]
	if m == nil {
		m = &member{id: id}
		s.mu.members[id] = m
	}
	return m
}

func (s *Server) createRoom(w http.ResponseWriter, req *http.Request) {
	s.mu.Lock()
	r := &room{id: fmt.Sprintf("%032x", len(s.mu.rooms)+1)} // as long as parley's: it is in each frame
	r.members.Store(new([]*member))
	s.mu.rooms[r.id] = r
	if s.strategy == Coalesced && !s.mu.closed {
		r.queue = newQueue()
		s.running.Go(func() { s.pump(r) })
	}
	s.mu.Unlock()
	if s.join(w, req, r) {
		fmt.Fprintf(w, "%q", r.id)
	}
}

func (s *Server) addMembers(w http.ResponseWriter, req *http.Request) {
	s.mu.Lock()
	r := s.mu.rooms[req.PathValue("room")]
	s.mu.Unlock()
	if r == nil {
		http.NotFound(w, req)
		return
	}
	if s.join(w, req, r) {
		w.WriteHeader(http.StatusCreated)
	}
}

func (s *Server) removeMembers(w http.ResponseWriter, req *http.Request) {
	var body struct{ Members []string }
	if err := json.NewDecoder(req.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.mu.rooms[req.PathValue("room")]
	if r == nil {
		http.NotFound(w, req)
		return
	}
	list := slices.DeleteFunc(slices.Clone(*r.members.Load()), func(m *member) bool { return slices.Contains(body.Members, m.id) })
	r.members.Store(&list)
	w.WriteHeader(http.StatusNoContent)
}

// deleteRoom empties the room. Its id is not used again.
func (s *Server) deleteRoom(w http.ResponseWriter, req *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.mu.rooms[req.PathValue("room")]; r != nil {
		r.members.Store(new([]*member))
	}
	w.WriteHeader(http.StatusNoContent)
}

// join adds the members that the request names.
func (s *Server) join(w http.ResponseWriter, req *http.Request, r *room) bool {
	var body struct{ Members []string }
	if err := json.NewDecoder(req.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Clone(*r.members.Load())
	for _, id := range body.Members {
		list = append(list, s.memberLocked(id))
	}
	r.members.Store(&list)
	return true
}
