package engineio

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/parley-im/parley/transport/ws"
)

// LetGo ends the sessions that there are, as Close does, but one after the other, in no order, over that time, so that their
// clients do not all come back at once. Sessions that begin meanwhile stay. It returns when all are ended, or ctx ends.
func (e *Engine) LetGo(ctx context.Context, over time.Duration) {
	sessions := e.table.list()
	rand.Shuffle(len(sessions), func(i, j int) { sessions[i], sessions[j] = sessions[j], sessions[i] })
	began := time.Now()
	for i, s := range sessions {
		due := over * time.Duration(i) / time.Duration(len(sessions))
		if !waitUntil(ctx, began.Add(due)) {
			return
		}
		s.sendAway()
	}
}

// waitUntil reports false when ctx ended first.
func waitUntil(ctx context.Context, due time.Time) bool {
	t := time.NewTimer(time.Until(due))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// sendAway ends a session so that its client comes back.
func (s *Session) sendAway() {
	if c := s.wire.Load(); c != nil {
		(*c).Close(ws.CloseGoingAway) // OnClose follows
		return
	}
	s.end(ReasonShutdown, true)
}
