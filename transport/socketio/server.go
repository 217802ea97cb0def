package socketio

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/parley-im/parley/transport/engineio"
)

// Server serves the Socket.IO path, `/socket.io` and `/socket.io/`. Safe for concurrent use.
type Server struct {
	opts   Options
	engine *engineio.Engine
	tasks  *tasks
}

// New returns a Server that waits for requests.
func New(opts Options) *Server {
	opts.EnsureDefaults()
	s := &Server{opts: opts, tasks: newTasks()}
	s.engine = engineio.New(opts.engine(s.open))
	return s
}

// ServeHTTP opens a session, serves a poll, a POST or an upgrade of one, or answers with an error of section 3.10.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.engine.ServeHTTP(w, r) }

// Close closes the transports, so that clients come back, carries out what they said, and waits until all of it is
// done. When ctx ends first, the rest is given up and its error is returned; what is under way in rooms cannot be given
// up, but is answered within seconds.
func (s *Server) Close(ctx context.Context) error {
	err := s.engine.Close(ctx)
	return errors.Join(err, s.tasks.close(ctx))
}

// QueuedBytes is what waits to be written to WebSockets, in bytes; see engineio.Engine.QueuedBytes.
func (s *Server) QueuedBytes() int64 { return s.engine.QueuedBytes() }

// LetGo ends the sessions that there are, spread over that time, so that their clients come back, elsewhere if they can; see
// engineio.Engine.LetGo.
func (s *Server) LetGo(ctx context.Context, over time.Duration) { s.engine.LetGo(ctx, over) }

func (s *Server) open(e *engineio.Session, h engineio.Handshake) engineio.Handler {
	s.opts.Hooks.OnConnect()
	return newSession(s, e, h.Auth)
}
